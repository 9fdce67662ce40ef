import { deflateSync } from 'node:zlib';
import { PACKED_MANIFEST_BYTES, PACKED_MANIFESTS } from '../../../test/support/packed-manifests';
import { PACKERS, squashfsImage, u16, u32, type SquashfsPlan } from '../../../test/support/squashfs-image';
import { BufferSource } from '../byte-source';
import { FormatError } from '../format.error';
import { SquashfsReader } from './squashfs.reader';

const CONTENT = Buffer.from('[update]\ncompatible=b\n'.repeat(700));
const FILES = [
  { name: 'a', content: Buffer.from('aaaa') },
  { name: 'manifest', content: CONTENT },
  { name: 'z', content: Buffer.alloc(9000, 'z') },
];
const DAMAGED = 'The file is damaged: build it again, or send it again.';

async function read(image: Buffer, name = 'manifest', maxBytes = 65_536): Promise<Buffer | undefined> {
  const reader = await SquashfsReader.open(new BufferSource(image));
  return reader.readRootFile(name, maxBytes);
}

async function refusal(image: Buffer, name?: string): Promise<string> {
  try {
    await read(image, name);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** An image with some bytes written over. */
function spoilt(offset: number, bytes: Buffer, plan: Partial<SquashfsPlan> = {}): Buffer {
  const image = squashfsImage({ files: FILES, ...plan });
  bytes.copy(image, offset);
  return image;
}

describe('SquashfsReader', () => {
  it.each([1, 3, 4, 5, 6])('reads an image that is packed by method %i', async (compressorId) => {
    const pack = PACKERS[compressorId];
    if (!pack) throw new Error('no such packer');
    expect(await read(squashfsImage({ files: FILES, compressorId, pack }))).toEqual(CONTENT);
  });

  it.each([1, 2, 3, 4, 5, 6])('reads a file that mksquashfs packed by method %i', async (compressorId) => {
    const content = Buffer.alloc(PACKED_MANIFEST_BYTES);
    const pack = (): Buffer => Buffer.from(PACKED_MANIFESTS[compressorId] ?? '', 'base64');
    const files = [{ name: 'manifest', content }];
    const image = squashfsImage({ files, compressorId, pack, packMetadata: 'stored' });
    expect((await read(image))?.toString()).toMatch(
      /^\[update\]\ncompatible=my-board-rev4\.2\n[^]*\[meta\.24\]\nkey=value 576\nkeys=values\n$/,
    );
  });

  it.each([
    ['blocks of 4 KiB and a fragment', { blockBytes: 4096 }],
    ['blocks of 4 KiB alone', { blockBytes: 4096, withoutFragments: true }],
    ['one block', { withoutFragments: true }],
  ])('reads a file that lies in %s', async (_, plan) => {
    expect(await read(squashfsImage({ files: FILES, ...plan }))).toEqual(CONTENT);
  });

  it('reads an empty file', async () => {
    const image = squashfsImage({ files: [{ name: 'manifest', content: Buffer.alloc(0) }] });
    expect(await read(image)).toEqual(Buffer.alloc(0));
  });

  it.each(['', 'b', 'manifes', 'manifest.', 'zz', '__proto__'])('finds no %j', async (name) => {
    expect(await read(squashfsImage({ files: FILES }), name)).toBeUndefined();
  });

  it('knows the sizes of several files at once', async () => {
    const files = [...FILES, { name: 'zz', content: Buffer.alloc(0), type: 3 }];
    const reader = await SquashfsReader.open(new BufferSource(squashfsImage({ files })));
    expect(await reader.rootFileSizes(['z', 'none', 'a', 'zz'])).toEqual(
      new Map([
        ['a', 4],
        ['z', 9000],
      ]),
    );
    expect(await reader.rootFileSizes([])).toEqual(new Map());
  });

  it('finds nothing in an empty root folder', async () => {
    expect(await read(squashfsImage({ files: [] }))).toBeUndefined();
  });

  it.each([
    [
      'another magic',
      0,
      Buffer.from('sqsh'),
      'byte 0: a squashfs image begins with "hsqs", but "sqsh" stands here.',
    ],
    ['another version', 28, u16(3), 'byte 28: it is a squashfs 3.0; devices read 4.0 only. Build it anew.'],
    ['an unknown method', 20, u16(7), 'byte 20: it is compressed by method 7; 1 to 6 are known.'],
    ['tiny blocks', 12, u32(1024), 'byte 12: blocks of 1024 bytes are declared; powers of two from 4096'],
    ['huge blocks', 12, u32(2 ** 31), 'byte 12: blocks of 2147483648 bytes are declared'],
    [
      'a size that is too large',
      40,
      u32(0xffffff),
      'byte 40: the squashfs claims 16777215 bytes, but there are',
    ],
    ['an inode table outside', 64, u32(0xffffff), 'byte 64: a table is said to begin at byte 16777215 of'],
    ['a folder table outside', 72, u32(3), 'byte 72: a table is said to begin at byte 3 of'],
    [
      'a root outside of its block',
      32,
      u16(60_000),
      'byte 60000 of a block of metadata is asked for, but it has',
    ],
    ['a root block outside', 34, u32(0xfffff), 'its tables lead to 2 bytes at byte'],
  ])('refuses %s', async (_, offset, bytes, message) => {
    expect(await refusal(spoilt(offset, bytes))).toContain(message);
  });

  it('refuses what is shorter than a superblock', async () => {
    expect(await refusal(Buffer.from('hsqs'))).toBe(`byte 0: 4 bytes are no squashfs image. ${DAMAGED}`);
  });

  it('refuses a bomb of metadata', async () => {
    const pack = (): Buffer => deflateSync(Buffer.alloc(4_000_000));
    expect(await refusal(squashfsImage({ files: FILES, packMetadata: pack }))).toMatch(
      /^byte \d+: the block of \d+ bytes there cannot be unpacked: the zlib stream is damaged, or unpacks to more than the 8192 bytes it may have\. The file is damaged/,
    );
  });

  it('refuses a bomb of data', async () => {
    const plan = {
      files: FILES,
      pack: () => deflateSync(Buffer.alloc(4_000_000)),
      packMetadata: (bytes: Buffer) => deflateSync(bytes),
    };
    expect(await refusal(squashfsImage(plan))).toContain('unpacks to more than the 131072 bytes it may have');
    expect(await refusal(squashfsImage({ ...plan, withoutFragments: true }))).toContain(
      `unpacks to more than the ${CONTENT.length} bytes`,
    );
  });

  it('refuses data that is shorter than it should be', async () => {
    const plan = {
      files: FILES,
      pack: () => deflateSync(Buffer.from('short')),
      packMetadata: (bytes: Buffer) => deflateSync(bytes),
    };
    expect(await refusal(squashfsImage(plan))).toContain(
      `its last ${CONTENT.length} bytes should begin at byte 4 of a fragment of 5.`,
    );
    expect(await refusal(squashfsImage({ ...plan, withoutFragments: true }))).toContain(
      `a block of data holds 5 bytes, but ${CONTENT.length} belong there.`,
    );
  });

  it('refuses to go in circles between empty blocks', async () => {
    const image = squashfsImage({ files: FILES, packMetadata: () => deflateSync(Buffer.alloc(0)) });
    expect(await refusal(image)).toContain('cannot be unpacked: it holds nothing.');
  });

  it('refuses names that are not sorted, since a device might find another file', async () => {
    const files = [...FILES].reverse();
    expect(await refusal(squashfsImage({ files }), 'zz')).toContain(
      'the names in a folder are not sorted: "manifest" follows "z".',
    );
    const twice = [FILES[1], FILES[1]].flatMap((file) => (file ? [file] : []));
    expect(await refusal(squashfsImage({ files: twice }), 'zz')).toContain('"manifest" follows "manifest"');
  });

  it.each([
    [3, 'manifest: it is a symbolic link, which devices cannot read. Pack it as a regular file.'],
    [4, 'manifest: it is a block device'],
    [10, 'manifest: it is a symbolic link'],
    [15, 'an inode of type 15 is unknown'],
    [0, 'an inode of type 0 is unknown'],
  ])('refuses an inode of type %i', async (type, message) => {
    const image = squashfsImage({ files: [{ name: 'manifest', content: CONTENT, type }] });
    expect(await refusal(image)).toContain(message);
  });

  it('refuses a file that is larger than it may be', async () => {
    const image = squashfsImage({ files: FILES });
    await expect(read(image, 'manifest', 100)).rejects.toThrow(
      `manifest: it claims ${CONTENT.length} bytes; it may have at most 100. The wrong file was packed, or`,
    );
  });

  it('refuses nothing but by a FormatError, wherever the image ends', async () => {
    const image = squashfsImage({ files: FILES, pack: (bytes) => deflateSync(bytes) });
    for (let length = 0; length < image.length; length++) {
      expect(await refusal(image.subarray(0, length))).not.toBe('');
    }
  });
});
