import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError } from '../format.error';
import type { SwuDescription } from './swu-description';
import { SwuReader, type SwuReaderOptions } from './swu.reader';

const FIXTURES = join(__dirname, '../../../test/fixtures/swu');
const fixture = (name: string): Buffer => readFileSync(join(FIXTURES, name));

function read(bytes: Buffer, options: SwuReaderOptions = {}, chunk = 65_536): SwuDescription {
  const reader = new SwuReader(options);
  for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
  return reader.end();
}

function refusal(bytes: Buffer): FormatError {
  try {
    read(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const flat = [
  { board: '*', revision: '1.0' },
  { board: '*', revision: '1.2' },
  { board: '*', revision: 'rev4.2' },
];
const rootfs = { filename: 'rootfs.img', encrypted: false };
const beta = { filename: 'beta.img', encrypted: false };

describe('SwuReader on real bundles', () => {
  it.each([
    [
      'basic-1.0.swu',
      { version: '1.0', hardware: flat, images: [rootfs], warnings: [], description: 'conformance fixture' },
    ],
    ['basic-2.0.swu', { version: '2.0', hardware: flat, images: [rootfs], warnings: [] }],
    ['crc-by-cpio-tool.swu', { version: '1.9', hardware: flat, images: [rootfs], warnings: [] }],
    [
      'json.swu',
      { version: '1.1-json', description: 'JSON form', hardware: flat, images: [rootfs], warnings: [] },
    ],
    [
      'sets-modes.swu',
      {
        version: '1.2-sets',
        hardware: [
          { board: '*', revision: '1.0' },
          { board: '*', revision: 'rev4.2' },
        ],
        images: [rootfs, beta],
        warnings: [],
      },
    ],
    [
      'board-specific.swu',
      {
        version: '1.3-boards',
        hardware: [
          { board: 'my-board', revision: 'rev4.1' },
          { board: 'my-board', revision: 'rev4.2' },
          { board: 'other-board', revision: '2.0' },
        ],
        images: [rootfs, beta],
        warnings: [],
      },
    ],
    [
      'links-ref.swu',
      { version: '1.4-ref', hardware: [{ board: '*', revision: 'rev4.2' }], images: [rootfs], warnings: [] },
    ],
    [
      'hw-regex.swu',
      {
        version: '1.5',
        hardware: [{ board: '*', revision: String.raw`#RE:^rev[4-6]\.[0-9]$` }],
        images: [rootfs],
      },
    ],
    [
      'no-hw-compat.swu',
      { version: '1.6', hardware: [], warnings: [expect.stringContaining('no hardware-compatibility')] },
    ],
    [
      'rich.swu',
      {
        version: '0.1.0',
        description: 'Rich "quoted" description with A and concatenated strings',
        hardware: flat,
        images: [
          { filename: 'rootfs.img', version: '7', encrypted: false },
          { filename: 'post.sh', encrypted: false },
        ],
        warnings: [],
      },
    ],
    [
      'encrypted.swu',
      {
        version: '1.7-enc',
        images: [{ filename: 'rootfs.img.enc', encrypted: true }],
        encryptedDescription: false,
      },
    ],
    [
      'fail-hw.swu',
      { version: '1.0', hardware: [{ board: '*', revision: '9.9' }], images: [rootfs], warnings: [] },
    ],
    [
      'fail-sha256.swu',
      {
        version: '1.0',
        hardware: flat,
        images: [rootfs],
        warnings: ['Not the bytes that sw-description names by sha256, so devices refuse it: "rootfs.img".'],
      },
    ],
  ])('describes %s', (name, expected) => {
    expect(read(fixture(name))).toMatchObject({ signed: true, encryptedDescription: false, ...expected });
  });

  it('lists the members in the order of the archive', () => {
    expect(read(fixture('basic-2.0.swu')).members).toEqual([
      { name: 'sw-description', sizeBytes: 331 },
      { name: 'sw-description.sig', sizeBytes: 1370 },
      { name: 'rootfs.img', sizeBytes: 307203 },
    ]);
  });

  it('sees that a bundle is not signed', () => {
    expect(read(fixture('unsigned.swu'))).toMatchObject({ version: '1.0', signed: false, warnings: [] });
  });

  it('says that an encrypted description cannot be read', () => {
    const description = read(fixture('encrypted-sw-description.swu'));
    expect(description).toMatchObject({
      encryptedDescription: true,
      version: '',
      signed: true,
      hardware: [],
      images: [],
    });
    expect(description.warnings).toEqual([expect.stringContaining('is encrypted')]);
    expect(description.members.map(({ name }) => name)).toEqual([
      'sw-description',
      'sw-description.sig',
      'rootfs.img',
    ]);
  });

  it('refuses fail-quote.swu, whose only image is absent, unless told to warn', () => {
    expect(refusal(fixture('fail-quote.swu')).message).toContain(
      String.raw`it names "ro\"ot\t.img", absent from the archive`,
    );
    expect(read(fixture('fail-quote.swu'), { missingImages: 'warn' })).toMatchObject({
      version: '1.0',
      images: [{ filename: 'ro"ot\t.img' }],
      warnings: [
        expect.stringContaining(String.raw`"ro\"ot\t.img"`),
        expect.stringContaining('Not described'),
      ],
    });
  });

  it.each([
    ['bad-empty.swu', 'byte 0: the file is empty. Send the archive itself.'],
    [
      'bad-trunc-header.swu',
      'byte 60: the archive ends inside a member header and has no trailer. The file is cut short: build or send it again.',
    ],
    [
      'bad-trunc-image.swu',
      'rootfs.img, byte 132352: the archive ends inside this member, after 130264 of 262144 bytes. The file is cut short: build or send it again.',
    ],
    [
      'bad-no-desc.swu',
      'byte 0: the first member is "rootfs.img", but devices require sw-description there. Pack sw-description first, by exactly this name.',
    ],
    [
      'bad-huge-desc-size.swu',
      'sw-description, byte 0: it declares 4294967295 bytes; such a member may have at most 1048576. Its header is damaged or the wrong file was packed: build the archive again.',
    ],
    [
      'bad-traversal-name.swu',
      'byte 2074: the member name "../../../../tmp/rookery-pwned" climbs out of its folder. Pack members by plain relative names.',
    ],
    [
      'bad-zip.swu',
      'byte 0: not a cpio archive: it begins with "PK\\u0003\\u0004\\u0000\\u0000", which is a zip archive. Use cpio\'s format newc (070701) or crc (070702).',
    ],
    [
      'bad-libconfig-syntax.swu',
      "sw-description, line 1, column 39: the text ends before the '}' that closes what is opened here. Correct sw-description and build the bundle again.",
    ],
    [
      'bad-libconfig-noversion.swu',
      'sw-description: there is no version: software.version must be a string, in quotes, that is not empty. If it is a link, the link must lead to such a string. Correct sw-description and build the bundle again.',
    ],
  ])('refuses %s', (name, message) => {
    expect(refusal(fixture(name)).message).toBe(message);
  });

  it('has a fact here for each fixture', () => {
    const facts = readFileSync(__filename, 'utf8');
    expect(
      readdirSync(FIXTURES).filter((name) => name.endsWith('.swu') && !facts.includes(`'${name}'`)),
    ).toEqual([]);
  });

  it('finds a damaged image by its checksum', () => {
    const damaged = fixture('basic-1.0.swu');
    damaged[100_000] = (damaged[100_000] as number) ^ 1;
    expect(refusal(damaged)).toMatchObject({ member: 'rootfs.img', offset: 1964 });
  });
});
