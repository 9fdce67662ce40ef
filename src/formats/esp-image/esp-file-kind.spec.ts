import { randomBytes } from 'node:crypto';
import { aBootloader, aFlash, aPartitionTable, anEspImage } from '../../../test/support/an-esp-image';
import { FormatError } from '../format.error';
import { ESP_HEAD_BYTES, espFileKind, explainEspFile } from './esp-file-kind';
import { EspImageReader } from './esp-image.reader';

const kind = (bytes: Buffer): string | undefined => espFileKind(bytes.subarray(0, ESP_HEAD_BYTES));

/** As esptool writes it for the ESP8266: 8 bytes of header, then the segments. */
function anEsp8266(magic: number, segments: number, address: number): Buffer {
  const bytes = Buffer.alloc(300);
  bytes.set([magic, segments, 0, 0x40]);
  bytes.writeUInt32LE(0x40100004, 4);
  bytes.writeUInt32LE(address, 8);
  bytes.writeUInt32LE(200, 12);
  return bytes;
}

describe('espFileKind', () => {
  it('knows images, whatever is in them', () => {
    for (const bytes of [anEspImage(), anEspImage({ description: undefined }), aBootloader()]) {
      expect(kind(bytes)).toBe('image');
    }
  });

  it('knows an image with a description although its header is odd', () => {
    expect(kind(anEspImage({ chipId: 77 }))).toBe('image');
    const damaged = anEspImage();
    damaged[1] = 200;
    expect(kind(damaged)).toBe('image');
  });

  it('knows the rest of what lies in the folder of a build', () => {
    expect(kind(aPartitionTable())).toBe('partition-table');
    for (const [chipId, offset] of [
      [0, 0x1000],
      [18, 0x2000],
    ] as const) {
      expect(kind(aFlash([offset, aBootloader({ chipId })], [0x10000, anEspImage()]))).toBe('merged-flash');
    }
  });

  it('tells the ESP8266 apart', () => {
    expect(kind(anEsp8266(0xe9, 3, 0x40100000))).toBe('esp8266');
    expect(kind(anEsp8266(0xea, 4, 0))).toBe('esp8266');
    expect(kind(anEspImage({ chipId: 0, entryAddress: 0x40100004 }))).toBe('esp8266');
    expect(kind(anEspImage({ chipId: 0, entryAddress: 0x40081000 }))).toBe('image');
    const reader = new EspImageReader();
    reader.write(anEsp8266(0xe9, 3, 0x40100000));
    expect(() => reader.end()).toThrow(new FormatError(explainEspFile('esp8266'), { offset: 0 }));
  });

  it('leaves every other file alone, though it begins with 0xE9', () => {
    expect(kind(Buffer.alloc(0))).toBeUndefined();
    expect(kind(Buffer.from([0xe9]))).toBeUndefined();
    expect(kind(Buffer.alloc(10_000, 0xff))).toBeUndefined();
    expect(kind(Buffer.alloc(10_000, 0xe9))).toBeUndefined();
    expect(kind(Buffer.from([0xaa, 0x50, ...Buffer.alloc(100)]))).toBeUndefined();
    for (let count = 0; count < 20_000; count++) {
      expect(kind(Buffer.concat([Buffer.from([0xe9]), randomBytes(300)]))).toBeUndefined();
    }
  });
});
