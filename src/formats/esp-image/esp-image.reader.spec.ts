import fc from 'fast-check';
import {
  DROM_ADDRESS,
  aBootloader,
  aDescription,
  aFlash,
  aPartitionTable,
  anEspImage,
  signedEspImage,
} from '../../../test/support/an-esp-image';
import { FormatError } from '../format.error';
import type { EspImage } from './esp-image';
import { EspImageReader } from './esp-image.reader';

function read(bytes: Buffer, chunk = 65_536): EspImage {
  const reader = new EspImageReader();
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

function spoilt(bytes: Buffer, at: number, ...values: number[]): Buffer {
  const copy = Buffer.from(bytes);
  copy.set(values, at);
  return copy;
}

const sound = anEspImage();

describe('EspImageReader', () => {
  it('gives what the image says about itself', () => {
    expect(read(sound)).toEqual({
      application: {
        project: 'blinky',
        version: '1.2.3',
        idfVersion: 'v5.5.1',
        builtOn: 'Nov 21 2026',
        builtAt: '10:20:30',
        secureVersion: 3,
        elfSha256: 'ab'.repeat(32),
      },
      chipId: 9,
      chip: 'esp32s3',
      revisions: {},
      entryAddress: 0x40374000,
      flash: { mode: 'dio', sizeBytes: 16 * 1024 * 1024, frequencyMhz: 80 },
      segments: [
        { address: DROM_ADDRESS, sizeBytes: 320, offset: 24 },
        { address: 0x3fc91000, sizeBytes: 20, offset: 352 },
        { address: 0x42010020, sizeBytes: 300, offset: 380 },
      ],
      sizeBytes: sound.length,
      sha256: sound.toString('hex', sound.length - 32),
      signatureBlocks: 0,
      warnings: [],
    });
  });

  it.each([
    [0, 'esp32'],
    [2, 'esp32s2'],
    [5, 'esp32c3'],
    [9, 'esp32s3'],
    [12, 'esp32c2'],
    [13, 'esp32c6'],
    [16, 'esp32h2'],
    [18, 'esp32p4'],
    [20, 'esp32c61'],
    [23, 'esp32c5'],
    [25, 'esp32h21'],
    [28, 'esp32h4'],
    [31, 'esp32e22'],
    [32, 'esp32s31'],
  ])('calls chip %d %s', (chipId, chip) => {
    expect(read(anEspImage({ chipId }))).toMatchObject({ chipId, chip });
  });

  it('gives the same result wherever the chunks are cut', () => {
    const signed = signedEspImage(sound, 2);
    const whole = read(signed);
    for (let chunk = 1; chunk <= sound.length; chunk++) expect(read(signed, chunk)).toEqual(whole);
    for (let cut = 0; cut <= signed.length; cut++) {
      const reader = new EspImageReader();
      reader.write(signed.subarray(0, cut));
      reader.write(signed.subarray(cut));
      expect(reader.end()).toEqual(whole);
    }
  });

  it('gives the range of chip revisions and warns of it', () => {
    expect(read(anEspImage({ leastRevision: 103, mostRevision: 199 }))).toMatchObject({
      revisions: { least: 'v1.3', most: 'v1.99' },
      warnings: ['It runs on esp32s3 of the revisions from v1.3 up to v1.99 only; others refuse it.'],
    });
    expect(read(anEspImage({ leastRevision: 100 })).warnings).toEqual([
      'It runs on esp32s3 of the revisions from v1.0 only; others refuse it.',
    ]);
  });

  it('takes the whole number of the least revision from images that have no other', () => {
    expect(read(spoilt(anEspImage({ hasHash: false, mostRevision: 0 }), 14, 3)).revisions).toEqual({
      least: 'v3.0',
    });
  });

  it('warns of an image without description, version, hash or known chip', () => {
    expect(read(anEspImage({ description: undefined }))).toMatchObject({
      warnings: [
        'The image has no description of its application, so project and version must be given by hand.',
      ],
    });
    expect(read(anEspImage({ description: aDescription({ version: '' }) })).warnings).toEqual([
      "The application's description has no version, so it must be given by hand.",
    ]);
    expect(read(anEspImage({ hasHash: false })).warnings).toEqual([
      'The image has no appended SHA-256, so a device checks one byte only before it starts it.',
    ]);
    expect(read(anEspImage({ chipId: 77 })).warnings).toEqual([
      'The chip id 77 is not known here, so the hardware must be given by hand.',
    ]);
  });

  it('reads texts that fill their fields, and none after a NUL', () => {
    const version = 'v'.repeat(32);
    const project = Buffer.from('été\0left over');
    expect(read(anEspImage({ description: aDescription({ version, project }) })).application).toMatchObject({
      version,
      project: 'été',
    });
  });

  it('accepts erased flash behind the image and warns of anything else', () => {
    expect(read(Buffer.concat([sound, Buffer.alloc(9000, 0xff)])).warnings).toEqual([]);
    expect(read(Buffer.concat([sound, Buffer.from('tail')]))).toMatchObject({
      sizeBytes: sound.length,
      warnings: [
        'Something follows the image, which ends at byte 736; devices write it to flash and never read it.',
      ],
    });
    expect(read(Buffer.concat([sound, Buffer.alloc(20_000, 0xff), Buffer.from('x')])).warnings).toHaveLength(
      1,
    );
  });

  it.each([1, 2, 3])('notes %d blocks of a secure boot v2 signature', (blocks) => {
    expect(read(signedEspImage(sound, blocks))).toMatchObject({
      secureBoot: 2,
      signatureBlocks: blocks,
      warnings: [],
    });
  });

  it('notes what has the form of a secure boot v1 signature', () => {
    const signature = Buffer.concat([Buffer.alloc(4), Buffer.alloc(64, 9)]);
    expect(read(Buffer.concat([sound, signature]), 3)).toMatchObject({
      secureBoot: 1,
      signatureBlocks: 0,
      warnings: [],
    });
    for (const other of [signature.subarray(1), Buffer.concat([signature, signature]), Buffer.alloc(68, 9)]) {
      expect(read(Buffer.concat([sound, other])).warnings).toHaveLength(1);
    }
  });

  it('warns of a block that is damaged', () => {
    const damaged = spoilt(signedEspImage(sound, 1), 4096 + 600, 1);
    expect(read(damaged)).toMatchObject({
      signatureBlocks: 0,
      warnings: [
        'A block of its signature is damaged; devices with secure boot skip that block.',
        expect.stringContaining('Something follows'),
      ],
    });
  });

  it('refuses a signature that was made for another image', () => {
    const other = anEspImage({ leastRevision: 1 });
    const mixed = Buffer.concat([other, signedEspImage(sound).subarray(other.length)]);
    expect(refusal(mixed)).toMatchObject({ offset: 4100 });
    expect(refusal(mixed).message).toMatch(
      /^byte 4100: signature block 1 was made for other bytes: it names the SHA-256 [0-9a-f]{64}, the image has [0-9a-f]{64}\. Sign the image again, or send it again if it was damaged\.$/,
    );
  });

  it('repeats its refusal when it is fed further', () => {
    const reader = new EspImageReader();
    const spoil = spoilt(sound, 1, 17);
    expect(() => reader.write(spoil)).toThrow('17 segments');
    expect(() => reader.write(sound)).toThrow('17 segments');
    expect(() => reader.end()).toThrow('17 segments');
  });
});

describe('EspImageReader on broken images', () => {
  it.each([
    [
      'a header without segments',
      spoilt(sound, 1, 0),
      'byte 1: the header announces 0 segments; 1 to 16 are possible. The file is damaged, or the linker script makes too many: build the image again.',
    ],
    [
      'a header with too many',
      spoilt(sound, 1, 17),
      'byte 1: the header announces 17 segments; 1 to 16 are possible. The file is damaged, or the linker script makes too many: build the image again.',
    ],
    [
      'a flag that is none',
      spoilt(sound, 23, 2),
      "byte 23: the header's byte about the appended hash is 2; only 0 and 1 are possible. The file is damaged: send or build it again.",
    ],
    [
      'revisions that contradict each other',
      anEspImage({ leastRevision: 200, mostRevision: 199 }),
      'byte 15: the header wants chips of revision v2.0 or later, and none after v1.99: no chip fits. The file is damaged: send or build it again.',
    ],
    [
      'a segment of 16 MiB',
      spoilt(sound, 356, 0, 0, 0, 1),
      'byte 352: segment 2 of 3 declares 16777216 bytes; less than 16777216 are possible. The file is damaged: send or build it again.',
    ],
    [
      'a segment of an odd length',
      spoilt(sound, 356, 21),
      'byte 352: segment 2 of 3 declares 21 bytes; only multiples of 4 are possible. The file is damaged: send or build it again.',
    ],
    [
      'a segment longer than the file',
      spoilt(sound, 356, 0, 0, 1),
      'byte 736: the image ends inside segment 2 of 3, after 376 of 65536 bytes. The file is cut short: build or send it again.',
    ],
    [
      'a damaged segment',
      spoilt(sound, 400, 8),
      'byte 703: the checksum of the 3 segments is 0xc2, the image says 0xcd. The file is damaged: send or build it again.',
    ],
    [
      'a damaged header',
      spoilt(sound, 4, 1),
      /^byte 704: the SHA-256 of the image is [0-9a-f]{64}, the one appended to it is [0-9a-f]{64}\. The file is damaged: send or build it again\.$/,
    ],
    [
      'a version that is no text',
      anEspImage({ description: aDescription({ version: Buffer.from('c328', 'hex') }) }),
      "byte 48: the field version of the application's description is no text in UTF-8 without control characters. Correct it in the project (PROJECT_VER, project name), or send the file again if it was damaged.",
    ],
    [
      'a project with control characters',
      anEspImage({ description: aDescription({ project: 'a\tb' }) }),
      /^byte 80: the field project /,
    ],
    ['an empty file', Buffer.alloc(0), 'byte 0: the file is empty. Send the image itself.'],
    [
      'a file cut in its header',
      sound.subarray(0, 20),
      'byte 20: the image ends inside the header, after 20 of 24 bytes. The file is cut short: build or send it again.',
    ],
    [
      'a file cut before a segment',
      sound.subarray(0, 352),
      'byte 352: the image ends before segment 2 of 3. The file is cut short: build or send it again.',
    ],
    [
      'a file cut before its checksum',
      sound.subarray(0, -40),
      'byte 696: the image ends before its checksum. The file is cut short: build or send it again.',
    ],
    [
      'a file cut in its hash',
      sound.subarray(0, -1),
      'byte 735: the image ends inside the appended SHA-256. The file is cut short: build or send it again.',
    ],
    [
      'another file',
      Buffer.from('hello'),
      'byte 5: the image ends inside the header, after 5 of 24 bytes. The file is cut short: build or send it again.',
    ],
    [
      'another, longer file',
      Buffer.from('hello '.repeat(10)),
      'byte 0: this is no ESP-IDF image: it begins with 0x68, not with 0xe9. Upload the application, build/<project>.bin in an ESP-IDF project.',
    ],
    [
      'a bootloader',
      aBootloader(),
      'byte 0: this is a bootloader for esp32s3, or a program that runs in memory alone: none of its 1 segments stays in flash. Upload the application, build/<project>.bin in an ESP-IDF project.',
    ],
    [
      'a partition table',
      aPartitionTable(),
      'byte 0: This is a partition table, not an application. Upload the application, build/<project>.bin in an ESP-IDF project.',
    ],
    [
      'a merged image with its bootloader at 0',
      aFlash([0, aBootloader()], [0x8000, aPartitionTable()], [0x10000, sound]),
      'byte 0: This is a merged flash image: bootloader, partition table and application for an empty chip, as "esptool merge-bin" makes it. Devices update the application alone: upload that, build/<project>.bin in an ESP-IDF project. Its partition table is at byte 32768.',
    ],
    [
      'a merged image with its bootloader at 0x1000',
      aFlash([0x1000, aBootloader({ chipId: 0 })], [0x8000, aPartitionTable()], [0x10000, sound]),
      /^byte 0: This is a merged flash image: .* build\/<project>\.bin in an ESP-IDF project\.$/,
    ],
    [
      'a merged image with its bootloader at 0x2000',
      aFlash([0x2000, aBootloader({ chipId: 18 })], [0x8000, aPartitionTable()]),
      /^byte 0: This is a merged flash image: /,
    ],
  ])('refuses %s', (_what, bytes, message) => {
    expect(refusal(bytes).message).toEqual(
      typeof message === 'string' ? message : expect.stringMatching(message),
    );
  });

  it('refuses each truncation', () => {
    for (let length = 0; length < sound.length; length++) {
      expect(refusal(sound.subarray(0, length)).offset).toBe(length);
    }
  });

  it('throws nothing but FormatError, whatever the bytes', () => {
    const damages = fc.array(fc.tuple(fc.nat(sound.length - 1), fc.nat(255)), { maxLength: 8 });
    fc.assert(
      fc.property(damages, fc.nat(sound.length), (all, length) => {
        const bytes = Buffer.from(sound);
        for (const [at, byte] of all) bytes[at] = byte;
        for (const part of [bytes, bytes.subarray(0, length)]) {
          try {
            read(part);
          } catch (error) {
            expect(error).toBeInstanceOf(FormatError);
          }
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('finds each single damaged byte of an image with a hash', () => {
    for (let at = 0; at < sound.length; at++) {
      expect(refusal(spoilt(sound, at, (sound[at] as number) ^ 0x10))).toBeInstanceOf(FormatError);
    }
  });
});
