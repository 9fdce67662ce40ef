import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { FormatError } from '../format.error';
import type { SwuDescription } from './swu-description';
import { SwuReader, looksLikeSwu } from './swu.reader';

function read(bytes: Buffer, chunk = 65_536): SwuDescription {
  const reader = new SwuReader();
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

function aMember(name: string, content: string | Buffer): Buffer {
  const body = Buffer.from(content);
  const fields = [1, 0o100644, 0, 0, 1, 0, body.length, 0, 0, 0, 0, Buffer.byteLength(name) + 1, 0];
  const header = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([aligned(Buffer.from(header)), aligned(body)]);
}

function aligned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

/** A bundle with this description and one-byte files of these names. */
function aBundle(description: string | Buffer, ...files: string[]): Buffer {
  const members = [aMember('sw-description', description), ...files.map((name) => aMember(name, 'x'))];
  return Buffer.concat([...members, aMember('TRAILER!!!', '')]);
}

describe('looksLikeSwu', () => {
  it('knows cpio of the formats newc and crc', () => {
    expect(looksLikeSwu(Buffer.from('070702000003E9'))).toBe(true);
    expect(looksLikeSwu(Buffer.from('070701'))).toBe(true);
    for (const other of ['', '07070', '070707', 'hsqs01', 'PK'])
      expect(looksLikeSwu(Buffer.from(other))).toBe(false);
  });
});

describe('SwuReader on any bytes', () => {
  const small = aBundle('software = { version = "1"; images = ({ filename = "a"; }); };', 'a');

  it('gives the same description wherever the chunks are cut', () => {
    const whole = read(small);
    for (let chunk = 1; chunk < small.length; chunk++) expect(read(small, chunk)).toEqual(whole);
    for (let cut = 0; cut <= small.length; cut++) {
      const reader = new SwuReader();
      reader.write(small.subarray(0, cut));
      reader.write(small.subarray(cut));
      expect(reader.end()).toEqual(whole);
    }
  });

  it('refuses a bundle truncated anywhere before its last padding', () => {
    const end = small.length - 3;
    for (let length = 0; length < end; length++)
      expect(refusal(small.subarray(0, length))).toBeInstanceOf(FormatError);
    expect(read(small.subarray(0, end))).toEqual(read(small));
  });

  it('throws nothing but FormatError for a damaged bundle', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(small.length - 1), fc.nat(255)), { maxLength: 8 }), (damages) => {
        const bytes = Buffer.from(small);
        for (const [at, byte] of damages) bytes[at] = byte;
        try {
          read(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(FormatError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('SwuReader on members', () => {
  const description =
    'software = { version = "1"; hardware-compatibility = ["1"]; images = ({ filename = "a"; }); };';

  it('warns of members that are not described, twins and data after the end', () => {
    const bundle = Buffer.concat([aBundle(description, 'a', 'b', 'b'), Buffer.from('tail')]);
    expect(read(bundle).warnings).toEqual([
      'More than one member has the name "b".',
      'There is data after the end of the archive; devices do not read it.',
      'Not described, so devices skip it: "b".',
    ]);
  });

  it('warns of a signature that is not the second member', () => {
    expect(read(aBundle(description, 'a', 'sw-description.sig'))).toMatchObject({
      signed: true,
      warnings: [
        'sw-description.sig does not directly follow sw-description, so devices will not find it.',
        'Described without sha256, so devices that check signatures refuse it: "a".',
      ],
    });
  });

  it('compares images with the sha256 that they are described by', () => {
    const hash = createHash('sha256').update('x').digest('hex');
    const named = (...hashes: readonly string[]): Buffer => {
      const entries = hashes.map((sha256) => `{ filename = "a"; sha256 = "${sha256}"; }`).join();
      const text = `software = { version = "1"; hardware-compatibility = ["1"]; images = (${entries}); };`;
      return aBundle(text, 'sw-description.sig', 'a', 'a');
    };
    const twins = 'More than one member has the name "a".';
    const differs = 'Not the bytes that sw-description names by sha256, so devices refuse it: "a".';
    expect(read(named(hash)).warnings).toEqual([twins]);
    expect(read(named(hash.toUpperCase()), 1).warnings).toEqual([twins]);
    expect(read(named('00')).warnings).toEqual([twins, differs]);
    expect(read(named(hash, '00')).warnings).toEqual([twins, differs]);
    expect(read(named('')).warnings).toEqual([
      twins,
      'Described without sha256, so devices that check signatures refuse it: "a".',
    ]);
  });

  it('refuses a second description', () => {
    expect(refusal(aBundle(description, 'a', 'sw-description')).message).toBe(
      'sw-description, byte 340: it occurs twice. Pack it once, as the first member.',
    );
  });

  it('refuses an archive without members and one whose description is empty', () => {
    expect(refusal(aMember('TRAILER!!!', '')).message).toContain('the archive is empty');
    expect(refusal(aBundle('')).message).toContain('sw-description: it is empty');
  });

  it('refuses a description beyond 1 MiB', () => {
    expect(refusal(aBundle(' '.repeat(1024 * 1024 + 1))).message).toContain('it declares 1048577 bytes');
  });
});
