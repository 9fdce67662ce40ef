import { raucbOf, unsignedCms } from '../../../test/support/raucb-bundle';
import { PACKERS, squashfsImage } from '../../../test/support/squashfs-image';
import { BufferSource, type ByteSource } from '../byte-source';
import { FormatError } from '../format.error';
import { looksLikeRaucb, readRaucb } from './raucb.reader';

const HASH = 'ab'.repeat(32);
const UPDATE = '[update]\ncompatible=b\nversion=1\n';
const IMAGE = `[image.rootfs]\nfilename=r.img\nsha256=${HASH}\nsize=100\n`;
const VERITY = `[bundle]\nformat=verity\nverity-hash=${HASH}\nverity-salt=${HASH}\nverity-size=4096\n`;

function plain(manifest: string, name = 'manifest.raucm'): Buffer {
  const files = [
    { name, content: Buffer.from(manifest) },
    { name: 'r.img', content: Buffer.alloc(100) },
  ];
  return squashfsImage({ files, compressorId: 1, ...(PACKERS[1] && { pack: PACKERS[1] }) });
}

const enclosed = (manifest: string, payload = Buffer.concat([plain(''), Buffer.alloc(8192)])): Buffer =>
  raucbOf(payload, unsignedCms(Buffer.from(manifest)));

const read = (bytes: Buffer) => readRaucb(new BufferSource(bytes));

async function refusal(bytes: Buffer): Promise<string> {
  try {
    await read(bytes);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Remembers which ranges were asked for. */
class WatchedSource implements ByteSource {
  readonly reads: number[] = [];

  constructor(
    readonly size: number,
    private readonly ends: { readonly head: Buffer; readonly tail: Buffer },
  ) {}

  read(offset: number, length: number): Promise<Buffer> {
    this.reads.push(length);
    const bytes = Buffer.alloc(length);
    const { head, tail } = this.ends;
    if (offset < head.length) head.copy(bytes, 0, offset);
    const tailAt = this.size - tail.length;
    if (offset + length > tailAt) {
      tail.copy(bytes, Math.max(0, tailAt - offset), Math.max(0, offset - tailAt));
    }
    return Promise.resolve(bytes);
  }
}

describe('readRaucb', () => {
  it('reads a plain bundle', async () => {
    const image = plain(UPDATE + IMAGE);
    expect(await read(raucbOf(image, unsignedCms()))).toMatchObject({
      compatible: 'b',
      format: 'plain',
      encryptedManifest: false,
      warnings: [],
      cms: { offset: image.length, isDetached: true },
    });
  });

  it('reads the manifest of a verity bundle from its signature, not from the squashfs', async () => {
    expect(await read(enclosed(UPDATE + VERITY + IMAGE))).toMatchObject({
      compatible: 'b',
      format: 'verity',
      verity: { hash: HASH, salt: HASH, sizeBytes: 4096 },
      cms: { isDetached: false },
    });
  });

  it('reads the manifest of a bundle that is to be encrypted later', async () => {
    const manifest = UPDATE + VERITY.replace('format=verity', 'format=crypt') + IMAGE;
    expect(await read(enclosed(manifest, Buffer.alloc(8192, 7)))).toMatchObject({
      format: 'crypt',
      version: '1',
    });
  });

  it('takes a bundle with a detached signature for plain, whatever its manifest says', async () => {
    const facts = await read(raucbOf(plain(UPDATE + VERITY + IMAGE), unsignedCms()));
    expect(facts).toMatchObject({
      format: 'plain',
      warnings: [expect.stringContaining('says format=verity')],
    });
  });

  it.each<[string, Buffer, string]>([
    [
      'a fault in the manifest',
      raucbOf(plain('[update]\nhello\n'), unsignedCms()),
      'manifest.raucm, line 2, column 1: "hello" is neither a [group], nor a key=value, nor a # comment. ' +
        'Correct the manifest and build the bundle again.',
    ],
    [
      'an empty manifest',
      raucbOf(plain(''), unsignedCms()),
      'manifest.raucm: it is empty. Correct the manifest and build the bundle again.',
    ],
    [
      'a manifest under another name',
      raucbOf(plain(UPDATE, 'manifest.txt'), unsignedCms()),
      "there is no manifest.raucm in the bundle's root folder. " +
        'Build it with `rauc bundle` from a folder that has one.',
    ],
    [
      'an enclosed manifest that says nothing of verity',
      enclosed(UPDATE + IMAGE),
      'manifest.raucm: the signature encloses it, but it does not say format=verity or format=crypt. ' +
        'Build it with `rauc bundle`.',
    ],
    [
      'verity without a hash',
      enclosed(`${UPDATE}[bundle]\nformat=verity\n`),
      'manifest.raucm: [bundle] lacks verity-hash, verity-salt or verity-size, which `rauc bundle` adds. ' +
        'Correct the manifest and build the bundle again.',
    ],
    [
      'a hash tree larger than all',
      enclosed(UPDATE + VERITY, Buffer.from('hsqs')),
      'manifest.raucm: a hash tree of 4096 bytes is announced, but only 4 precede the signature. ' +
        'The file is damaged: build the bundle again, or send it again.',
    ],
    [
      'verity without squashfs',
      enclosed(UPDATE + VERITY, Buffer.alloc(8192)),
      String.raw`byte 0: a squashfs image begins with "hsqs", but "\u0000\u0000\u0000\u0000" stands here. ` +
        'The file is damaged: build it again, or send it again.',
    ],
    [
      'a detached signature behind anything else',
      raucbOf(Buffer.alloc(200), unsignedCms()),
      String.raw`byte 0: a squashfs image begins with "hsqs", but "\u0000\u0000\u0000\u0000" stands here. ` +
        'The file is damaged: build it again, or send it again.',
    ],
    ['five bytes', Buffer.from('hello'), '5 bytes are no RAUC bundle. Send the bundle itself.'],
  ])('refuses %s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toBe(message);
  });

  it.each([
    ['plain', '', (manifest: string) => raucbOf(plain(manifest), unsignedCms())],
    ['verity', VERITY, (manifest: string) => enclosed(manifest)],
  ])('warns when a %s bundle lacks files that its manifest names', async (_, format, bundle) => {
    const others = IMAGE.replace('rootfs', 'appfs').replace('r.img', 'x.img');
    const manifest = `${UPDATE}${format}[hooks]\nfilename=h.sh\n${IMAGE.replace('100', '99')}${others}`;
    expect((await read(bundle(manifest))).warnings).toEqual([
      'The manifest names "h.sh", but the bundle has no such file.',
      'The manifest names "x.img", but the bundle has no such file.',
      'The manifest says that "r.img" has 99 bytes, but it has 100.',
    ]);
  });

  it('refuses a manifest of more than 64 KiB', async () => {
    expect(await refusal(raucbOf(plain(`${UPDATE}#${'x'.repeat(65_536)}`), unsignedCms()))).toContain(
      'manifest.raucm: it claims 65569 bytes; it may have at most 65536.',
    );
  });

  it('reads a bundle of 2 GiB by a few small ranges', async () => {
    const image = plain(UPDATE + IMAGE);
    const [size, cms] = [2 ** 31, unsignedCms()];
    const source = new WatchedSource(size, { head: image, tail: raucbOf(Buffer.alloc(0), cms) });
    expect(await readRaucb(source)).toMatchObject({ compatible: 'b' });
    expect(source.reads.length).toBeLessThanOrEqual(2);
    expect(source.reads.reduce((sum, length) => sum + length, 0)).toBeLessThan(300_000);
  });

  it('refuses nothing but by a FormatError, wherever a bundle ends and whichever byte is spoilt', async () => {
    for (const bundle of [raucbOf(plain(UPDATE + IMAGE), unsignedCms()), enclosed(UPDATE + VERITY + IMAGE)]) {
      for (let at = 0; at < bundle.length; at++) {
        expect(await refusal(bundle.subarray(0, at))).not.toBe('');
        const spoilt = Buffer.from(bundle);
        spoilt[at] = (spoilt[at] ?? 0) ^ (1 << (at % 8));
        await read(spoilt).catch((error: unknown) => expect(error).toBeInstanceOf(FormatError));
      }
    }
  });
});

describe('looksLikeRaucb', () => {
  it.each<[boolean, string, Buffer]>([
    [true, 'a plain bundle', raucbOf(plain(UPDATE), unsignedCms())],
    [true, 'a verity bundle', enclosed(UPDATE + VERITY)],
    [true, 'a crypt bundle that is not encrypted yet', enclosed(UPDATE, Buffer.alloc(8192, 7))],
    [false, 'a bare squashfs', plain(UPDATE)],
    [false, 'a CMS behind other bytes', raucbOf(Buffer.alloc(100), unsignedCms())],
    [false, 'nothing', Buffer.alloc(0)],
    [false, 'a text', Buffer.from('a text of some length')],
  ])('says %s of %s', async (expected, _, bytes) => {
    expect(await looksLikeRaucb(new BufferSource(bytes))).toBe(expected);
  });

  it('lets errors of the source through', async () => {
    const source = { size: 100, read: () => Promise.reject(new Error('the store is gone')) };
    await expect(looksLikeRaucb(source)).rejects.toThrow('the store is gone');
  });
});
