import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { BufferSource } from '../../src/formats/byte-source';
import { unpackLzmaAlone } from '../../src/formats/compression/lzma-alone';
import { unpackXz } from '../../src/formats/compression/xz';
import { FormatError } from '../../src/formats/format.error';
import type { RaucbDescription } from '../../src/formats/raucb/raucb-description';
import { readRaucb } from '../../src/formats/raucb/raucb.reader';
import { SquashfsReader } from '../../src/formats/squashfs/squashfs.reader';
import { Chance } from '../fuzz/chance';
import { RAUC_SIGNER, raucInfo, type RaucInfo } from './clients/rauc-system';

jest.setTimeout(240_000);

const FIXTURES = resolve(__dirname, '../fixtures/raucb');
const MANIFEST = 'manifest.raucm';
const MAX_BYTES = 64 * 1024;
const NOTHING = Buffer.alloc(0);
const IMAGES_OF_A_METHOD = 8;

const METHODS: Readonly<Record<string, readonly string[]>> = {
  gzip: ['', '-Xcompression-level 1', '-Xstrategy huffman_only,fixed', '-Xwindow-size 9'],
  lzma: [''],
  lzo: ['', '-Xalgorithm lzo1x_1', '-Xalgorithm lzo1x_1_11', '-Xalgorithm lzo1x_1_15'],
  lz4: ['', '-Xhc'],
  xz: ['', '-Xbcj x86,arm,armthumb,powerpc,sparc'],
  zstd: ['', '-Xcompression-level 1', '-Xcompression-level 22'],
};
const LAYOUTS = [
  '-noI',
  '-noD',
  '-noF',
  '-nopad',
  '-no-fragments',
  '-always-use-fragments',
  '-no-duplicates',
];
const BLOCKS = ['4K', '16K', '128K', '256K', '1M'];
const SET_ATTRIBUTE = "import os, sys; os.setxattr(sys.argv[1], 'user.note', b'x')";

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'raucb-'));
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Bytes that compress a little, well or not at all. */
function content(chance: Chance, length: number): Buffer {
  const kind = chance.pick(['words', 'noise', 'zeros', 'pieces'] as const);
  if (kind === 'zeros') return Buffer.alloc(length);
  if (kind === 'noise') return chance.bytes(length);
  const words = Array.from({ length: 40 }, () =>
    chance.bytes(chance.between(1, kind === 'words' ? 12 : 300)),
  );
  const parts: Buffer[] = [];
  for (let filled = 0; filled < length;) {
    const word = chance.pick(words);
    parts.push(word);
    filled += word.length;
  }
  return Buffer.concat(parts).subarray(0, length);
}

/** Fills a folder with a manifest among other files, and answers its bytes. */
function fillTree(chance: Chance, tree: string): Buffer {
  mkdirSync(join(tree, 'folder'), { recursive: true });
  const manifest = content(chance, chance.pick([0, 1, 500, 4096, 8192, 8193, 20_000, 65_535, 65_536]));
  writeFileSync(join(tree, MANIFEST), manifest);
  if (chance.happens(0.3)) linkSync(join(tree, MANIFEST), join(tree, 'folder', 'again'));
  // An attribute makes an extended inode; Node cannot set one.
  if (chance.happens(0.3)) execFileSync('python3', ['-c', SET_ATTRIBUTE, join(tree, MANIFEST)]);
  const others = chance.pick([0, 3, 40, 700]);
  for (let number = 0; number < others; number++) {
    const name = `${chance.pick(['a', 'm', 'manifest.', 'manifest.raucm', 'z', 'é'])}${number}`;
    writeFileSync(join(tree, name), content(chance, chance.below(others > 100 ? 40 : 30_000)));
  }
  return manifest;
}

function squashfs(tree: string, image: string, options: readonly string[]): void {
  execFileSync('mksquashfs', [tree, image, '-quiet', '-no-progress', '-noappend', ...options], {
    stdio: 'pipe',
  });
}

async function readOurs(image: string): Promise<Buffer | undefined> {
  const reader = await SquashfsReader.open(new BufferSource(readFileSync(image)));
  return reader.readRootFile(MANIFEST, MAX_BYTES);
}

describe('the LZMA decoders beside liblzma', () => {
  it('unpack the same, however the stream models its bytes', () => {
    const script = resolve(__dirname, 'support/liblzma-samples.py');
    const lines = execFileSync('python3', [script, '7', '60'], { encoding: 'utf8', maxBuffer: 1 << 28 });
    const samples = lines
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as string[]).map((text) => Buffer.from(text, 'base64')));
    expect(samples.length).toBe(60);
    for (const [plain = NOTHING, xz = NOTHING, old = NOTHING] of samples) {
      expect(unpackXz(xz, plain.length).equals(plain)).toBe(true);
      expect(unpackXz(xz, 1 << 20).equals(plain)).toBe(true);
      expect(unpackLzmaAlone(old, plain.length).equals(plain)).toBe(true);
      expect(unpackLzmaAlone(old, 1 << 20).equals(plain)).toBe(true);
      expect(() => unpackXz(xz, plain.length - 1)).toThrow(FormatError);
      expect(() => unpackLzmaAlone(old, plain.length - 1)).toThrow(FormatError);
    }
  });
});

describe('SquashfsReader beside unsquashfs', () => {
  it.each(Object.keys(METHODS))(
    'reads the same from images that mksquashfs compressed by %s',
    async (method) => {
      for (let number = 0; number < IMAGES_OF_A_METHOD; number++) {
        const chance = new Chance('squashfs', method, number);
        const [tree, image] = [join(folder, `${method}-${number}`), join(folder, `${method}-${number}.img`)];
        const manifest = fillTree(chance, tree);
        const chosen = chance
          .pick(METHODS[method] ?? [])
          .split(' ')
          .filter(Boolean);
        const layout = LAYOUTS.filter(() => chance.happens(0.25));
        squashfs(tree, image, ['-comp', method, ...chosen, '-b', chance.pick(BLOCKS), ...layout]);
        const theirs = execFileSync('unsquashfs', ['-cat', image, MANIFEST], { maxBuffer: 1 << 20 });
        expect(theirs.equals(manifest)).toBe(true);
        const ours = await readOurs(image);
        if (!ours?.equals(theirs)) {
          throw new Error(`image ${number} differs: ${[...chosen, ...layout].join(' ')}`);
        }
        rmSync(tree, { recursive: true });
        rmSync(image);
      }
    },
  );

  it('finds nothing where nothing of that name is, and no file where there is something else', async () => {
    const tree = join(folder, 'none');
    mkdirSync(join(tree, 'folder'), { recursive: true });
    squashfs(tree, join(folder, 'none.img'), []);
    expect(await readOurs(join(folder, 'none.img'))).toBeUndefined();
    execFileSync('ln', ['-s', '/etc/passwd', join(tree, MANIFEST)]);
    squashfs(tree, join(folder, 'link.img'), []);
    await expect(readOurs(join(folder, 'link.img'))).rejects.toThrow('it is a symbolic link');
    rmSync(join(tree, MANIFEST));
    mkdirSync(join(tree, MANIFEST));
    squashfs(tree, join(folder, 'folder.img'), []);
    await expect(readOurs(join(folder, 'folder.img'))).rejects.toThrow('it is a directory');
    rmSync(join(tree, MANIFEST), { recursive: true });
    writeFileSync(join(tree, MANIFEST), Buffer.alloc(MAX_BYTES + 1));
    squashfs(tree, join(folder, 'large.img'), []);
    await expect(readOurs(join(folder, 'large.img'))).rejects.toThrow('it claims 65537 bytes');
  });
});

const HASH = '0498f448c5a8082c2526b00a5c3cbcebef006ee836a64a368c566b6cf2ca69e6';
const IMAGE = `[image.rootfs]\nfilename=rootfs.img\nsha256=${HASH}\nsize=100\n`;

/** A plain bundle around a manifest, signed by hand, since `rauc bundle` would refuse or correct some of these. */
function bundleOf(name: string, manifest: Buffer): string {
  const [tree, image] = [join(folder, name), join(folder, `${name}.img`)];
  mkdirSync(tree);
  writeFileSync(join(tree, MANIFEST), manifest);
  squashfs(tree, image, ['-all-root']);
  const keys = ['-signer', RAUC_SIGNER.certificate, '-inkey', RAUC_SIGNER.key];
  const cms = execFileSync('openssl', [
    ...['cms', '-sign', '-in', image, ...keys],
    ...['-outform', 'DER', '-binary', '-nosmimecap'],
  ]);
  const size = Buffer.alloc(8);
  size.writeBigUInt64BE(BigInt(cms.length));
  const path = join(folder, `${name}.raucb`);
  writeFileSync(path, Buffer.concat([readFileSync(image), cms, size]));
  return path;
}

async function ours(path: string): Promise<RaucbDescription | FormatError> {
  try {
    return await readRaucb(new BufferSource(readFileSync(path)));
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
}

async function theirs(path: string): Promise<RaucInfo | undefined> {
  return raucInfo(path).catch(() => undefined);
}

/** What both can say, in rauc's words. */
function asRauc({ compatible, version, description, build, hooks, images }: RaucbDescription): unknown {
  return {
    compatible,
    version: version ?? null,
    description: description ?? null,
    build: build ?? null,
    hooks: hooks?.names ?? [],
    images: images.map(({ slotClass, variant, filename, sha256, sizeBytes, hooks: names }) => ({
      [slotClass]: {
        variant: variant ?? null,
        filename: filename ?? null,
        checksum: sha256 ?? null,
        size: sizeBytes ?? 0,
        hooks: names,
        adaptive: [],
      },
    })),
  };
}

describe('readRaucb beside rauc info', () => {
  it('reads what rauc reads from each fixture, and refuses what it refuses', async () => {
    const names = readdirSync(FIXTURES);
    expect(names.length).toBeGreaterThan(15);
    for (const name of names) {
      const path = join(FIXTURES, name);
      const [mine, rauc] = [await ours(path), await theirs(path)];
      // The signature is another reader's question, and without the key rauc says nothing of an encrypted bundle.
      if (name === 'untrusted.raucb' || name === 'crypt-1.0.raucb') {
        expect([name, rauc, mine instanceof FormatError]).toEqual([name, undefined, false]);
      } else if (mine instanceof FormatError) expect([name, rauc]).toEqual([name, undefined]);
      else expect([name, asRauc(mine)]).toEqual([name, rauc]);
    }
  });

  it.each([
    ['blanks-are-kept', `[update]\ncompatible=my-board  \nversion= 1.0 \t\n${IMAGE}`],
    ['line-ends-of-dos', `[update]\r\ncompatible=b\r\nversion=1\r\n${IMAGE}`],
    ['no-version', `[update]\ncompatible=b\n${IMAGE}`],
    ['empty-version', `[update]\ncompatible=b\nversion=\n${IMAGE}`],
    ['no-image', '[update]\ncompatible=b\nversion=1\n'],
    ['escapes', `[update]\ncompatible=b\nversion=a\\sb\\tc\\\\d\n${IMAGE}`],
    ['unknown-escape', `[update]\ncompatible=b\nversion=a\\qb\n${IMAGE}`],
    ['open-escape', `[update]\ncompatible=b\nversion=a\\\n${IMAGE}`],
    ['indents', `  [update]  \n  compatible  =  b\n\tversion=1\n${IMAGE}`],
    ['empty-format', `[update]\ncompatible=b\nversion=1\n[bundle]\nformat=\n${IMAGE}`],
    ['locale', `[update]\ncompatible=b\nversion=1\n[meta.x]\na[de]=x\n${IMAGE}`],
    ['blank-in-key', `[update]\ncompatible=b\nversion=1\n[meta.x]\na b = c\na b = d\n${IMAGE}`],
    ['semicolons', `[update]\ncompatible=b;c\nversion=1;2\n${IMAGE}`],
    ['comments', `#\xe9\n[update]\n # x\n\n \t\ncompatible=b#c\nversion=1\n${IMAGE}`],
    ['parted-group', `[update]\ncompatible=b\n${IMAGE}[update]\nversion=1\n`],
    [
      'hooks',
      '[update]\ncompatible=b\nversion=1\n[hooks]\nfilename=h\nhooks=install-check;\n' +
        `[image.rootfs.v1]\nfilename=r\nsha256=${HASH}\nsize=9\nhooks=pre-install;post-install\n`,
    ],
    ['detached-verity', `[update]\ncompatible=b\nversion=1\n[bundle]\nformat=verity\n${IMAGE}`],
  ])('reads the manifest "%s" as rauc does', async (name, text) => {
    const path = bundleOf(name, Buffer.from(text, 'latin1'));
    const mine = await ours(path);
    if (mine instanceof FormatError) throw mine;
    expect(asRauc(mine)).toEqual(await theirs(path));
  });

  it.each([
    ['empty-compatible', `[update]\ncompatible=\nversion=1\n${IMAGE}`],
    ['no-compatible', `[update]\nversion=1\n${IMAGE}`],
    ['no-update', IMAGE],
    ['empty', ''],
    ['key-twice', `[update]\ncompatible=b\ncompatible=c\nversion=1\n${IMAGE}`],
    ['garbage', `[update]\ncompatible=b\nversion=1\nhello\n${IMAGE}`],
    ['early', `a=b\n[update]\ncompatible=b\nversion=1\n${IMAGE}`],
    ['semicolon-comment', `;semi\n[update]\ncompatible=b\nversion=1\n${IMAGE}`],
    ['byte-order-mark', `\xef\xbb\xbf[update]\ncompatible=b\nversion=1\n${IMAGE}`],
    ['latin', `[update]\ncompatible=b\nversion=1\xe9\n${IMAGE}`],
    ['format', `[update]\ncompatible=b\nversion=1\n[bundle]\nformat=foo\n${IMAGE}`],
    ['no-sha256', '[update]\ncompatible=b\nversion=1\n[image.rootfs]\nfilename=rootfs.img\n'],
    ['size', `[update]\ncompatible=b\nversion=1\n${IMAGE.replace('100', 'x1')}`],
    ['hooks-alone', `[update]\ncompatible=b\nversion=1\n${IMAGE}hooks=pre-install\n`],
    ['comment-behind-group', `[update] # x\ncompatible=b\nversion=1\n${IMAGE}`],
    ['empty-group', `[update]\ncompatible=b\nversion=1\n[]\n${IMAGE}`],
    ['empty-key', `[update]\ncompatible=b\nversion=1\n=x\n${IMAGE}`],
  ])('refuses the manifest "%s" as rauc does', async (name, text) => {
    const path = bundleOf(name, Buffer.from(text, 'latin1'));
    expect(await theirs(path)).toBeUndefined();
    expect(await ours(path)).toBeInstanceOf(FormatError);
  });
});
