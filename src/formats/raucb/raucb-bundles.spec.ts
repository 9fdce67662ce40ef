import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BufferSource } from '../byte-source';
import { FormatError } from '../format.error';
import { looksLikeRaucb, readRaucb } from './raucb.reader';

const FIXTURES = join(__dirname, '../../../test/fixtures/raucb');
const fixture = (name: string): BufferSource => new BufferSource(readFileSync(join(FIXTURES, name)));

async function refusal(source: BufferSource): Promise<FormatError> {
  try {
    await readRaucb(source);
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const rootfs = {
  slotClass: 'rootfs',
  filename: 'rootfs.img',
  sha256: '0498f448c5a8082c2526b00a5c3cbcebef006ee836a64a368c566b6cf2ca69e6',
  sizeBytes: 262144,
  hooks: [],
};
const second = {
  slotClass: 'appfs',
  filename: 'app.img',
  sha256: '588a238d43330ebfe724e258c09b8d0429b8bdb6640edcadc6b925c0b6272396',
  sizeBytes: 307200,
  hooks: [],
};
const detached = { offset: 266240, sizeBytes: 1251, isDetached: true };

describe('readRaucb on real bundles', () => {
  it.each([
    ['plain-1.0.raucb', { version: '1.0', description: 'conformance fixture', build: '20261120' }],
    [
      'plain-2.0.raucb',
      { version: '2.0', images: [{ ...second, slotClass: 'rootfs', filename: 'rootfs.img' }] },
    ],
    ['multi-slot.raucb', { version: '1.1', images: [rootfs, second] }],
    ['other-board.raucb', { version: '1.0', compatible: 'other-board' }],
    ['untrusted.raucb', { version: '1.0' }],
    ['utf8.raucb', { version: '1.0-ünï', description: 'Ümläut ☃ "quotes" <b>' }],
    ['comp-gzip.raucb', { version: '1.0-gzip', cms: detached }],
    ['comp-xz.raucb', { version: '1.0-xz', cms: detached }],
    ['comp-zstd.raucb', { version: '1.0-zstd', cms: detached }],
    ['comp-lzo.raucb', { version: '1.0-lzo', cms: detached }],
    ['comp-lz4.raucb', { version: '1.0-lz4', cms: detached }],
    [
      'verity-1.0.raucb',
      {
        version: '1.0',
        format: 'verity',
        cms: { offset: 270336, sizeBytes: 1671, isDetached: false },
      },
    ],
  ])('describes %s', async (name, expected) => {
    expect(await looksLikeRaucb(fixture(name))).toBe(true);
    expect(await readRaucb(fixture(name))).toMatchObject({
      compatible: 'my-board-rev4.2',
      format: 'plain',
      images: [rootfs],
      warnings: [],
      encryptedManifest: false,
      ...expected,
    });
  });

  it('says that an encrypted manifest cannot be read', async () => {
    expect(await looksLikeRaucb(fixture('crypt-1.0.raucb'))).toBe(true);
    expect(await readRaucb(fixture('crypt-1.0.raucb'))).toEqual({
      compatible: '',
      format: 'crypt',
      encryptedManifest: true,
      images: [],
      cms: { offset: 270336, sizeBytes: 2185, isDetached: false },
      warnings: [
        'The manifest is encrypted, so version and compatible cannot be read from it and must be given by hand.',
      ],
    });
  });

  it.each([
    ['bad-empty.raucb', 'byte 0: the file is empty. Send the bundle itself.'],
    [
      'bad-trunc-half.raucb',
      'byte 133741: the last 8 bytes should be the size of the signature, 1 to 65536, but say 13209233497201772543. ' +
        'The file is cut short, or is a squashfs without a signature: send it again, or build it with `rauc bundle`.',
    ],
    [
      'bad-sig-flip.raucb',
      'signature, byte 266244: no CMS in DER can be read there: the type is neither signed-data nor enveloped-data. ' +
        'The file is damaged: build the bundle again, or send it again.',
    ],
    [
      'bad-unsigned.raucb',
      'byte 266232: the last 8 bytes, the size of the signature, are zero: this is a squashfs without a signature. ' +
        'Build and sign it with `rauc bundle`.',
    ],
    [
      'bad-text.raucb',
      'byte 0: this is no RAUC bundle: it neither begins with a squashfs nor ends in the size of its signature. ' +
        'Send the file that `rauc bundle` wrote.',
    ],
    [
      'bad-no-manifest.raucb',
      "there is no manifest.raucm in the bundle's root folder. " +
        'Build it with `rauc bundle` from a folder that has one.',
    ],
  ])('refuses %s', async (name, message) => {
    expect((await refusal(fixture(name))).message).toBe(message);
  });

  it('has a fact here for each fixture', () => {
    const facts = readFileSync(__filename, 'utf8');
    expect(
      readdirSync(FIXTURES).filter((name) => name.endsWith('.raucb') && !facts.includes(`'${name}'`)),
    ).toEqual([]);
  });
});
