import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError } from '../../../formats/format.error';
import { BufferSource } from '../../../formats/byte-source';
import type { BundleFacts } from './bundle-facts';
import { anEspImage } from '../../../../test/support/an-esp-image';
import { BundleReader } from './bundle.reader';

const FIXTURES = join(__dirname, '../../../../test/fixtures');
const fixture = (name: string): Buffer =>
  readFileSync(join(FIXTURES, name.endsWith('.raucb') ? 'raucb' : 'swu', name));

async function read(fileName: string, bytes: Buffer, chunk = 65_536): Promise<Omit<BundleFacts, 'signed'>> {
  const reader = new BundleReader(fileName);
  for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
  const { signed: _signed, ...facts } = await reader.end(new BufferSource(bytes));
  return facts;
}

describe('BundleReader', () => {
  it.each([1, 2, 5, 6, 7, 1000, 10_000_000])(
    'reads a .swu that comes in pieces of %i bytes',
    async (chunk) => {
      expect(await read('basic-1.0.swu', fixture('basic-1.0.swu'), chunk)).toEqual({
        format: 'swu',
        version: '1.0',
        description: 'conformance fixture',
        hardware: ['1.0', '1.2', 'rev4.2'].map((revision) => ({ model: '*', revision })),
        warnings: [],
      });
    },
  );

  it('goes by the content, not by the name', async () => {
    expect(await read('update.bin', fixture('basic-2.0.swu'))).toMatchObject({
      format: 'swu',
      version: '2.0',
    });
  });

  it('keeps boards apart', async () => {
    expect((await read('x.swu', fixture('board-specific.swu'))).hardware).toEqual([
      { model: 'my-board', revision: 'rev4.1' },
      { model: 'my-board', revision: 'rev4.2' },
      { model: 'other-board', revision: '2.0' },
    ]);
  });

  it('warns that a bundle is not signed', async () => {
    expect((await read('x.swu', fixture('unsigned.swu'))).warnings).toEqual([
      'The bundle is not signed: devices that demand a signature refuse it.',
    ]);
  });

  it('warns of a bundle without hardware-compatibility, and finds none', async () => {
    const facts = await read('x.swu', fixture('no-hw-compat.swu'));
    expect(facts.hardware).toEqual([]);
    expect(facts.warnings).toEqual([expect.stringContaining('no hardware-compatibility')]);
  });

  it('tells no version where the description is encrypted', async () => {
    expect(await read('x.swu', fixture('encrypted-sw-description.swu'))).not.toHaveProperty('version');
  });

  it('stores what a device would refuse at its end, with a warning', async () => {
    expect(await read('fail-quote.swu', fixture('fail-quote.swu'))).toMatchObject({ version: '1.0' });
    expect((await read('fail-quote.swu', fixture('fail-quote.swu'))).warnings).not.toEqual([]);
  });

  it.each(['', 'PK', 'some firmware', '07070'])('knows nothing of %j', async (content) => {
    expect(await read('app.bin', Buffer.from(content))).toEqual({
      format: 'opaque',
      hardware: [],
      warnings: [expect.stringContaining('no format that is known here')],
    });
  });

  it.each([
    ['bad-empty.swu', 'it is empty'],
    ['bad-zip.swu', 'it does not begin with the magic of a cpio archive (070701 or 070702)'],
  ])('refuses %s, since it is named .swu', async (name, why) => {
    const refused = `This is no SWUpdate bundle: ${why}. Build it again, or upload it under another ending.`;
    await expect(() => read(name, fixture(name))).rejects.toThrow(refused);
    await expect(() => read(name.toUpperCase(), fixture(name))).rejects.toThrow(FormatError);
    expect((await read('x.zip', fixture(name))).format).toBe('opaque');
  });

  it.each([
    'bad-trunc-header.swu',
    'bad-trunc-image.swu',
    'bad-no-desc.swu',
    'bad-huge-desc-size.swu',
    'bad-traversal-name.swu',
    'bad-libconfig-syntax.swu',
    'bad-libconfig-noversion.swu',
  ])('refuses %s, whatever it is called', async (name) => {
    await expect(() => read(name, fixture(name))).rejects.toThrow(FormatError);
    await expect(() => read('x.bin', fixture(name))).rejects.toThrow(FormatError);
  });

  it.each([1, 8, 4096, 10_000_000])('reads a .raucb that comes in pieces of %i bytes', async (chunk) => {
    const bytes = fixture('plain-1.0.raucb');
    const reader = new BundleReader('plain-1.0.raucb');
    for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
    const { signed, ...facts } = await reader.end(new BufferSource(bytes));
    expect(facts).toMatchObject({
      ...{ format: 'raucb', version: '1.0', hardware: [{ model: 'my-board-rev4.2', revision: '*' }] },
    });
    const content = signed?.kind === 'detached' ? signed.contentBytes : 0;
    const sha256 = createHash('sha256').update(bytes.subarray(0, content)).digest();
    expect(signed).toMatchObject({ kind: 'detached', sha256 });
  });

  it.each([
    ['verity-1.0.raucb', 'enclosing', '1.0'],
    ['crypt-1.0.raucb', 'enclosing', undefined],
    ['comp-xz.raucb', 'detached', '1.0-xz'],
  ])('knows %s by its content', async (name, kind, version) => {
    const bytes = fixture(name);
    const reader = new BundleReader('firmware.bin');
    reader.write(bytes);
    const facts = await reader.end(new BufferSource(bytes));
    expect([facts.format, facts.signed?.kind, facts.version]).toEqual(['raucb', kind, version]);
  });

  it('takes the compatible apart as the tenant says', async () => {
    const bytes = fixture('plain-1.0.raucb');
    const reader = new BundleReader('x.raucb');
    reader.write(bytes);
    const pattern = '(?P<model>.+)-(?P<revision>rev[0-9.]+)';
    expect((await reader.end(new BufferSource(bytes), pattern)).hardware).toEqual([
      { model: 'my-board', revision: 'rev4.2' },
    ]);
  });

  it.each([
    'bad-empty.raucb',
    'bad-text.raucb',
    'bad-trunc-half.raucb',
    'bad-unsigned.raucb',
    'bad-no-manifest.raucb',
  ])('refuses %s, since it is named .raucb', async (name) => {
    await expect(() => read(name, fixture(name))).rejects.toThrow(FormatError);
  });

  it('takes a squashfs that is no bundle as it is', async () => {
    expect((await read('root.squashfs', fixture('bad-unsigned.raucb'))).format).toBe('opaque');
  });

  it.each([1, 100, 10_000_000])('reads an ESP image that comes in pieces of %i bytes', async (chunk) => {
    expect(await read('app.bin', anEspImage(), chunk)).toMatchObject({
      ...{ format: 'esp-image', name: 'blinky', version: '1.2.3' },
      hardware: [{ model: 'esp32s3', revision: '*' }],
    });
  });
});
