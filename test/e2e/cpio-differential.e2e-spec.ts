import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { HEADER_BYTES } from '../../src/formats/cpio/cpio-header';
import { CpioReader } from '../../src/formats/cpio/cpio.reader';
import { FormatError } from '../../src/formats/format.error';
import { Chance } from '../fuzz/chance';

jest.setTimeout(240_000);

const ARCHIVES = 80;
const FORMATS = ['newc', 'crc'] as const;
/** No colon, since we refuse what Windows takes for a drive. */
const LETTERS = [...'abcXYZ019-_.,+@#$%&=~!^()[]{}<>;*?|', ' ', "'", '"', '`', 'é', '€', '🙂', '\t', '…'];
const KEPT = 1024 * 1024;

interface Member {
  readonly name: string;
  readonly content: Buffer;
}

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'cpio-e2e-'));
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Runs GNU cpio in the folder; what it says on its error output is for people, and begins with "cpio:". */
function cpio(
  args: readonly string[],
  input: Buffer,
  cwd = folder,
): { output: Buffer; words: string; status: number } {
  const { stdout, stderr, status, error } = spawnSync('cpio', args, {
    input,
    cwd,
    maxBuffer: 2 ** 28,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  if (error || status === null) throw new Error(`cpio cannot be run: ${error?.message ?? 'killed'}`);
  return { output: stdout, words: stderr.toString(), status };
}

function someMembers(chance: Chance): Member[] {
  const names = new Set<string>();
  for (let left = chance.between(1, 8); left > 0; left--) names.add(aName(chance));
  // A name that is also the folder of another cannot be written.
  const clear = [...names].filter((name) => ![...names].some((other) => other.startsWith(`${name}/`)));
  return clear.map((name) => ({
    name,
    content: chance.bytes(
      chance.weighted<number>([
        [1, 0],
        [4, chance.below(20)],
        [2, chance.below(5000)],
        [1, 512 * chance.below(20)],
      ]),
    ),
  }));
}

function aName(chance: Chance): string {
  const part = (): string =>
    Array.from({ length: chance.between(1, chance.pick([4, 4, 40])) }, () => chance.pick(LETTERS)).join('');
  const parts = Array.from({ length: chance.pick([1, 1, 1, 2, 4]) }, part).map((each) =>
    /^\.*$/.test(each) ? 'x' : each,
  );
  return parts.join('/');
}

/** The archive that GNU cpio makes of files. */
async function packed(members: readonly Member[], format: string, blocks: number): Promise<Buffer> {
  const place = await mkdtemp(join(folder, 'files-'));
  for (const { name, content } of members) {
    await mkdir(dirname(join(place, name)), { recursive: true });
    await writeFile(join(place, name), content);
  }
  const list = Buffer.from(members.map(({ name }) => `${name}\0`).join(''));
  const { output, status, words } = cpio(
    ['-o', '-0', '-H', format, `--io-size=${blocks}`, '--quiet'],
    list,
    place,
  );
  await rm(place, { recursive: true });
  if (status !== 0) throw new Error(words);
  return output;
}

function read(archive: Buffer, chunk: number): Member[] {
  const members: Member[] = [];
  const reader = new CpioReader({
    memberBegins: () => KEPT,
    memberEnds: ({ name }, content) => void members.push({ name, content }),
  });
  for (let at = 0; at < archive.length; at += chunk) reader.write(archive.subarray(at, at + chunk));
  reader.end();
  return members;
}

/** Where the content of a member begins. */
function contentAt(archive: Buffer, wanted: string): number {
  let at = 0;
  const reader = new CpioReader({
    memberBegins: ({ name, offset }) => {
      if (name === wanted) at = offset + 4 * Math.ceil((HEADER_BYTES + Buffer.byteLength(name) + 1) / 4);
      return 0;
    },
    memberEnds: () => undefined,
  });
  reader.write(archive);
  return at;
}

function refusal(archive: Buffer): FormatError | undefined {
  try {
    read(archive, 65_536);
    return undefined;
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

describe.each(FORMATS)('our reader of cpio and GNU cpio, format %s', (format) => {
  it('agree on names, sizes and contents of the archives that GNU cpio makes', async () => {
    const chance = new Chance('cpio', format);
    for (let count = 0; count < ARCHIVES; count++) {
      const members = someMembers(chance);
      const archive = await packed(members, format, chance.pick([4, 512, 1024, 5120]));
      expect(read(archive, chance.pick([1, 7, 512, 65_536]))).toEqual(members);
      expect(cpio(['-it', '--quiet'], archive).output.toString()).toBe(
        members.map(({ name }) => `${name}\n`).join(''),
      );
    }
  });

  it('both refuse an archive that is cut short', async () => {
    const chance = new Chance('cpio cut', format);
    const archive = await packed(someMembers(chance), format, 4);
    const trailerEnd = archive.lastIndexOf('TRAILER!!!') + 'TRAILER!!!'.length + 1;
    for (let count = 0; count < 60; count++) {
      const part = archive.subarray(0, chance.below(trailerEnd));
      expect(refusal(part)).toBeInstanceOf(FormatError);
      const { status, words } = cpio(['-it', '--quiet'], part);
      expect([status, words]).not.toEqual([0, '']);
    }
  });
});

describe('our reader of cpio and GNU cpio', () => {
  it('find the same wrong checksums', async () => {
    const chance = new Chance('cpio sums');
    for (let count = 0; count < ARCHIVES; count++) {
      const members = someMembers(chance).map(({ name, content }) => ({
        name,
        content: Buffer.concat([content, Buffer.from('x')]),
      }));
      const archive = await packed(members, 'crc', 4);
      const { name, content } = chance.pick(members);
      const at = contentAt(archive, name) + chance.below(content.length);
      archive[at] = ((archive[at] as number) + chance.between(1, 255)) % 256;
      const { words } = cpio(['-i', '--only-verify-crc', '--quiet'], archive);
      const theirs = /checksum error \(0x([0-9a-f]+), should be 0x([0-9a-f]+)\)/.exec(words);
      const ours = refusal(archive);
      expect(ours).toMatchObject({ member: name });
      expect(
        /content is 0x0*([0-9a-f]+), the header says 0x0*([0-9a-f]+)/.exec(ours?.message ?? '')?.slice(1),
      ).toEqual(theirs?.slice(1) ?? words);
    }
  });
});
