import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { CpioReader } from '../../src/formats/cpio/cpio.reader';

const FIXTURES = join(__dirname, '../fixtures/swu');
const SHORT_IMAGE = 40;

/** A member of an archive that is to be written; what is left out is as it should be. */
export interface MemberSource {
  readonly name: string | Buffer;
  readonly content: Buffer;
  readonly sizeBytes?: number;
  readonly nameBytes?: number;
  readonly checksum?: number;
}

/** The archive, with its trailer. */
export function anArchive(members: readonly MemberSource[], magic: '070701' | '070702' = '070702'): Buffer {
  return Buffer.concat(
    [...members, { name: 'TRAILER!!!', content: Buffer.alloc(0) }].flatMap((each) => aMember(each, magic)),
  );
}

function aMember({ name, content, ...lies }: MemberSource, magic: string): Buffer[] {
  const nameBytes = Buffer.concat([Buffer.from(name), Buffer.alloc(1)]);
  const sum = content.reduce((total, byte) => total + byte, 0);
  const check = lies.checksum ?? (magic === '070702' ? sum : 0);
  const size = lies.sizeBytes ?? content.length;
  const fields = [1, 0o100644, 0, 0, 1, 0, size, 0, 0, 0, 0, lies.nameBytes ?? nameBytes.length, check];
  const header = magic + fields.map((field) => field.toString(16).padStart(8, '0')).join('');
  return [aligned(Buffer.concat([Buffer.from(header), nameBytes])), aligned(content)];
}

function aligned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** The members of each sound fixture, with images of a few bytes, so that a million of them can be read. */
export function fixtureMembers(): readonly (readonly MemberSource[])[] {
  return readdirSync(FIXTURES)
    .filter((name) => name.endsWith('.swu') && !name.startsWith('bad-'))
    .map((name) => membersOf(readFileSync(join(FIXTURES, name))));
}

function membersOf(archive: Buffer): MemberSource[] {
  const members: MemberSource[] = [];
  const reader = new CpioReader({
    memberBegins: ({ sizeBytes }) => sizeBytes,
    memberEnds: ({ name }, content) => {
      const isText = name.startsWith('sw-description');
      members.push({ name, content: Buffer.from(isText ? content : content.subarray(0, SHORT_IMAGE)) });
    },
  });
  reader.write(archive);
  reader.end();
  return members;
}
