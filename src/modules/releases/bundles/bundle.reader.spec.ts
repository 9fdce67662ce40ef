import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FormatError } from '../../formats/format.error';
import { BundleReader, type BundleFacts } from './bundle';

const fixture = (name: string): Buffer => readFileSync(join(__dirname, '../../../test/fixtures/swu', name));

function read(fileName: string, bytes: Buffer, chunk = 65_536): BundleFacts {
  const reader = new BundleReader(fileName);
  for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
  return reader.end();
}

describe('BundleReader', () => {
  it.each([1, 2, 5, 6, 7, 1000, 10_000_000])('reads a .swu that comes in pieces of %i bytes', (chunk) => {
    expect(read('basic-1.0.swu', fixture('basic-1.0.swu'), chunk)).toEqual({
      format: 'swu',
      version: '1.0',
      description: 'conformance fixture',
      hardware: ['1.0', '1.2', 'rev4.2'].map((revision) => ({ model: '*', revision })),
      warnings: [],
    });
  });

  it('goes by the content, not by the name', () => {
    expect(read('update.bin', fixture('basic-2.0.swu'))).toMatchObject({ format: 'swu', version: '2.0' });
  });

  it('keeps boards apart', () => {
    expect(read('x.swu', fixture('board-specific.swu')).hardware).toEqual([
      { model: 'my-board', revision: 'rev4.1' },
      { model: 'my-board', revision: 'rev4.2' },
      { model: 'other-board', revision: '2.0' },
    ]);
  });

  it('warns that a bundle is not signed', () => {
    expect(read('x.swu', fixture('unsigned.swu')).warnings).toEqual([
      'The bundle is not signed: devices that demand a signature refuse it.',
    ]);
  });

  it('warns of a bundle without hardware-compatibility, and finds none', () => {
    const facts = read('x.swu', fixture('no-hw-compat.swu'));
    expect(facts.hardware).toEqual([]);
    expect(facts.warnings).toEqual([expect.stringContaining('no hardware-compatibility')]);
  });

  it('tells no version where the description is encrypted', () => {
    expect(read('x.swu', fixture('encrypted-sw-description.swu'))).not.toHaveProperty('version');
  });

  it('stores what a device would refuse at its end, with a warning', () => {
    expect(read('fail-quote.swu', fixture('fail-quote.swu'))).toMatchObject({ version: '1.0' });
    expect(read('fail-quote.swu', fixture('fail-quote.swu')).warnings).not.toEqual([]);
  });

  it.each(['', 'PK', 'some firmware', '07070'])('knows nothing of %j', (content) => {
    expect(read('app.bin', Buffer.from(content))).toEqual({ format: 'opaque', hardware: [], warnings: [] });
  });

  it.each([
    ['bad-empty.swu', 'it is empty'],
    ['bad-zip.swu', 'it does not begin with the magic of a cpio archive (070701 or 070702)'],
  ])('refuses %s, since it is named .swu', (name, why) => {
    const refused = `This is no SWUpdate bundle: ${why}. Build it again, or upload it under another ending.`;
    expect(() => read(name, fixture(name))).toThrow(refused);
    expect(() => read(name.toUpperCase(), fixture(name))).toThrow(FormatError);
    expect(read('x.zip', fixture(name)).format).toBe('opaque');
  });

  it.each([
    'bad-trunc-header.swu',
    'bad-trunc-image.swu',
    'bad-no-desc.swu',
    'bad-huge-desc-size.swu',
    'bad-traversal-name.swu',
    'bad-libconfig-syntax.swu',
    'bad-libconfig-noversion.swu',
  ])('refuses %s, whatever it is called', (name) => {
    expect(() => read(name, fixture(name))).toThrow(FormatError);
    expect(() => read('x.bin', fixture(name))).toThrow(FormatError);
  });
});
