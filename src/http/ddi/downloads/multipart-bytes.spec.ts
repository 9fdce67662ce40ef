import { Readable } from 'node:stream';
import { parseByteRange, type ByteRange } from './byte-range';
import { multipartBytes } from './multipart-bytes';

const FILE = Buffer.from('This is some very long string which is intended to test');

/** A store that counts what it has open. */
class Store {
  readonly opened: ByteRange[] = [];
  isOpen = 0;
  mostOpen = 0;

  readonly open = (range: ByteRange): Promise<Readable> => {
    this.opened.push(range);
    this.isOpen += 1;
    this.mostOpen = Math.max(this.mostOpen, this.isOpen);
    const part = Readable.from([FILE.subarray(range.start, range.endInclusive + 1)]);
    part.once('close', () => (this.isOpen -= 1));
    return Promise.resolve(part);
  };
}

async function parts(header: string, store: Store): Promise<AsyncGenerator<Buffer>> {
  const requested = parseByteRange(header, FILE.length);
  const ranges = requested.kind === 'several' ? requested.ranges : [];
  const [range] = ranges;
  if (range === undefined) throw new Error(`${header} asks for no parts`);
  return multipartBytes(await store.open(range), ranges, FILE.length, store.open);
}

describe('multipartBytes', () => {
  it('U1: frames 0-10,11-15,16- of 55 bytes as three parts of 11, 5 and 39 bytes', async () => {
    const store = new Store();
    const pieces: Buffer[] = [];
    for await (const piece of await parts('bytes=0-10,11-15,16-', store)) pieces.push(piece);
    const part = (range: string, text: string): string =>
      '--THIS_STRING_SEPARATES_MULTIPART\r\nContent-Type: application/octet-stream\r\n' +
      `Content-Range: bytes ${range}/55\r\n\r\n${text}\r\n`;
    expect(Buffer.concat(pieces).toString()).toBe(
      part('0-10', 'This is som') +
        part('11-15', 'e ver') +
        part('16-54', 'y long string which is intended to test') +
        '--THIS_STRING_SEPARATES_MULTIPART--',
    );
  });

  it('opens each part once, when its turn comes', async () => {
    const store = new Store();
    for await (const piece of await parts('bytes=30-,0-1,4-5', store)) expect(piece).toBeInstanceOf(Buffer);
    expect(store.opened.map(({ start }) => start)).toEqual([30, 0, 4]);
    expect([store.isOpen, store.mostOpen]).toEqual([0, 1]);
  });

  it('breaks off rather than frame a part that is shorter than it says', async () => {
    const store = new Store();
    const open = async (range: ByteRange): Promise<Readable> =>
      store.open({ ...range, endInclusive: range.endInclusive - 1 });
    const ranges = [
      { start: 0, endInclusive: 4 },
      { start: 9, endInclusive: 14 },
    ];
    const framed = multipartBytes(await store.open({ start: 0, endInclusive: 4 }), ranges, FILE.length, open);
    await expect(Readable.from(framed).toArray()).rejects.toThrow('other than the 6 bytes');
    expect(store.isOpen).toBe(0);
  });

  it('closes what is open when nobody takes the rest', async () => {
    const store = new Store();
    for await (const piece of await parts('bytes=0-1,4-5', store)) if (piece.length === 2) break;
    await new Promise((resolve) => setImmediate(resolve));
    expect([store.opened.length, store.isOpen]).toEqual([1, 0]);
  });
});
