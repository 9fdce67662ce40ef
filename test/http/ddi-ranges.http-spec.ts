import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { FILE_SIZE, anUpdate, bytesOf, expectFileHeaders, statusesOf } from '../support/an-update';
import type { DdiDevice } from '../support/ddi-device';
import { Fleet } from '../support/fleet';
import { startRookery, type TestRookery } from '../support/rookery-app';

const BOUNDARY = '--THIS_STRING_SEPARATES_MULTIPART';

describe('parts of files over DDI', () => {
  let rookery: TestRookery;
  let fleet: Fleet;

  beforeAll(async () => {
    rookery = await startRookery();
    fleet = new Fleet(rookery);
  });
  afterAll(() => rookery.close());
  afterEach(() => jest.restoreAllMocks());

  const ranged = (device: DdiDevice, path: string, range: string, more: object = {}): Promise<Response> =>
    device.request('GET', path, { headers: { Range: range, ...more } });

  describe('Range', () => {
    it('A9: fifty ranges one after the other make the file again, and nothing is noted', async () => {
      const one = await anUpdate(fleet);
      const before = await statusesOf(fleet, one.actionId);
      const pieces: Buffer[] = [];
      const step = Math.ceil(FILE_SIZE / 50);
      for (let start = 0; start < FILE_SIZE; start += step) {
        const end = Math.min(start + step, FILE_SIZE) - 1;
        const part = await ranged(one.device, one.path, `bytes=${start}-${end}`);
        expect(part.status).toBe(206);
        expect(part.headers.get('content-range')).toBe(`bytes ${start}-${end}/${FILE_SIZE}`);
        expect(part.headers.get('content-length')).toBe(String(end - start + 1));
        expectFileHeaders(part, one);
        pieces.push(await bytesOf(part));
      }
      expect(Buffer.concat(pieces).equals(one.content)).toBe(true);
      expect(await statusesOf(fleet, one.actionId)).toEqual(before);
      expect(await fleet.stateOf(one.actionId)).toBe('retrieved');
    });

    it.each([
      ['bytes=-1000', FILE_SIZE - 1000, FILE_SIZE - 1],
      ['bytes=1000-', 1000, FILE_SIZE - 1],
      ['bytes=5000-9999', 5000, FILE_SIZE - 1],
    ])('A9: %s gives what there is from %i to %i', async (range, start, end) => {
      const { device, path, content } = await anUpdate(fleet);
      const part = await ranged(device, path, range);
      expect([part.status, part.headers.get('content-range')]).toEqual([
        206,
        `bytes ${start}-${end}/${FILE_SIZE}`,
      ]);
      expect((await bytesOf(part)).equals(content.subarray(start, end + 1))).toBe(true);
    });

    it('A9: a start at the end is 416 with all the headers of the file', async () => {
      const one = await anUpdate(fleet);
      const answer = await ranged(one.device, one.path, `bytes=${FILE_SIZE}-`);
      expect([answer.status, answer.headers.get('content-range')]).toEqual([416, `bytes */${FILE_SIZE}`]);
      expect(answer.headers.get('content-type')).toBe('application/octet-stream');
      expect(answer.headers.get('content-length')).toBe('0');
      expectFileHeaders(answer, one);
    });

    it('A9: 0-9,10-19 comes in hawkBit\u2019s framing to the byte', async () => {
      const one = await anUpdate(fleet);
      const before = await statusesOf(fleet, one.actionId);
      const answer = await ranged(one.device, one.path, 'bytes=0-9,10-19');
      expect(answer.status).toBe(206);
      expect(answer.headers.get('content-type')).toBe(
        'multipart/byteranges; boundary=THIS_STRING_SEPARATES_MULTIPART',
      );
      expect(answer.headers.get('content-length')).toBeNull();
      expect(answer.headers.get('content-range')).toBeNull();
      expectFileHeaders(answer, one);
      expect(
        (await bytesOf(answer)).equals(
          framed(one.content, [
            [0, 9],
            [10, 19],
          ]),
        ),
      ).toBe(true);
      expect(await statusesOf(fleet, one.actionId)).toEqual(before);
    });

    it('U1: several ranges of other lengths, in the order asked, open-ended ones and suffixes too', async () => {
      const { device, path, content } = await anUpdate(fleet);
      const answer = await ranged(device, path, 'bytes=3000-3999, 0-0,4000-4010,-20');
      const expected = framed(content, [
        [3000, 3999],
        [0, 0],
        [4000, 4010],
        [FILE_SIZE - 20, FILE_SIZE - 1],
      ]);
      expect((await bytesOf(answer)).equals(expected)).toBe(true);
    });

    it('takes the 150 ranges of an SWUpdate delta, opens each part once, and one at a time', async () => {
      const { device, path, content } = await anUpdate(fleet);
      const ranges = Array.from({ length: 150 }, (_unused, n): [number, number] => [n * 30, n * 30 + 9]);
      const open = jest.spyOn(fleet.store, 'open');
      const answer = await ranged(device, path, `bytes=${ranges.map((range) => range.join('-')).join(',')}`);
      expect((await bytesOf(answer)).equals(framed(content, ranges))).toBe(true);
      expect(open).toHaveBeenCalledTimes(150);
    });

    it('takes 512 ranges and refuses 513', async () => {
      const { device, path } = await anUpdate(fleet);
      const list = (count: number): string =>
        `bytes=${Array.from({ length: count }, (_unused, n) => `${n * 2}-${n * 2}`).join(',')}`;
      expect((await ranged(device, path, list(512))).status).toBe(206);
      expect((await ranged(device, path, list(513))).status).toBe(416);
    });
  });

  describe('If-Range', () => {
    it('gives the range while the part is of this file', async () => {
      const one = await anUpdate(fleet);
      const later = new Date(Date.parse(one.lastModified) + 60_000).toUTCString();
      for (const value of [`"${one.sha1}"`, one.sha1, one.lastModified, later]) {
        const answer = await ranged(one.device, one.path, 'bytes=10-', { 'If-Range': value });
        expect([value, answer.status]).toEqual([value, 206]);
      }
    });

    it('gives the whole file else', async () => {
      const one = await anUpdate(fleet);
      const earlier = new Date(Date.parse(one.lastModified) - 1000).toUTCString();
      for (const value of ['"other"', `W/"${one.sha1}"`, earlier, 'yesterday']) {
        const answer = await ranged(one.device, one.path, 'bytes=10-', { 'If-Range': value });
        expect([value, answer.status]).toEqual([value, 200]);
        expect((await bytesOf(answer)).equals(one.content)).toBe(true);
      }
    });
  });

  describe('what is cut and what is not', () => {
    it.each([
      ['whole', undefined],
      ['by ranges', 'bytes=0-9999999,10000000-19999999,20000000-29999999'],
    ])(
      'a download %s goes on when its action ends meanwhile; another does not begin',
      async (_how, range) => {
        const { device, path, content, actionId } = await anUpdate(fleet, 30_000_000);
        const answer = await slowly(device, path, range);
        const begun = await pieceOf(answer);
        await device.feedback(actionId, 'proceeding');
        expect((await device.feedback(actionId, 'closed', 'success')).status).toBe(200);
        expect((await device.request('HEAD', path)).status).toBe(404);
        const rest: Buffer[] = [begun];
        for await (const piece of answer) rest.push(piece as Buffer);
        const expected =
          range === undefined
            ? content
            : framed(content, [
                [0, 9_999_999],
                [10_000_000, 19_999_999],
                [20_000_000, 29_999_999],
              ]);
        expect(answer.complete).toBe(true);
        expect(Buffer.concat(rest).equals(expected)).toBe(true);
      },
    );

    it('a device that stops reading keeps one part open, and none when it goes away', async () => {
      const { device, path } = await anUpdate(fleet, 30_000_000);
      const open = jest.spyOn(fleet.store, 'open');
      const answer = await slowly(device, path, 'bytes=0-19999999,20000000-29999999');
      await pieceOf(answer);
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(open).toHaveBeenCalledTimes(1);
      const part = await open.mock.results[0]?.value;
      expect(part?.destroyed).toBe(false);
      answer.destroy();
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(part?.destroyed).toBe(true);
      expect(open).toHaveBeenCalledTimes(1);
    });

    it('HEAD, a log that is full and a device that leaves at once leave no file open', async () => {
      const { device, path, actionId } = await anUpdate(fleet, 3_000_000);
      await device.request('HEAD', path);
      await rookery.database.query('UPDATE action SET log_count = 1000000 WHERE tenant_id = 1 AND id = $1', [
        actionId,
      ]);
      expect((await bytesOf(await device.request('GET', path))).length).toBe(3_000_000);
      (await slowly(device, path, undefined)).destroy();
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(openBlobs()).toEqual([]);
    });

    /** Files of the store that this process has open, as Linux tells; nothing elsewhere. */
    function openBlobs(): string[] {
      const folder = '/proc/self/fd';
      const links = existsSync(folder) ? readdirSync(folder) : [];
      return links.flatMap((link) => {
        try {
          return [readlinkSync(join(folder, link))].filter((target) => target.includes('/blobs/'));
        } catch {
          return [];
        }
      });
    }
  });

  /** A request whose answer is read piece by piece. */
  function slowly(device: DdiDevice, path: string, range: string | undefined): Promise<IncomingMessage> {
    const headers = {
      Authorization: `GatewayToken ${rookery.gatewayToken}`,
      ...(range === undefined ? {} : { Range: range }),
    };
    return new Promise((resolve, reject) => {
      get(`${device.url}${path}`, { headers, agent: false }, resolve).on('error', reject);
    });
  }
});

/** The first piece of an answer, which then waits. */
function pieceOf(answer: IncomingMessage): Promise<Buffer> {
  answer.on('error', () => undefined);
  return new Promise((resolve) => {
    answer.once('data', (piece: Buffer) => {
      answer.pause();
      resolve(piece);
    });
  });
}

/** Several ranges as hawkBit frames them (contract 1.5). */
function framed(content: Buffer, ranges: readonly [start: number, end: number][]): Buffer {
  const pieces = ranges.map(([start, end], index) =>
    Buffer.concat([
      Buffer.from(
        `${index === 0 ? '' : '\r\n'}${BOUNDARY}\r\nContent-Type: application/octet-stream\r\n` +
          `Content-Range: bytes ${start}-${end}/${content.length}\r\n\r\n`,
      ),
      content.subarray(start, end + 1),
    ]),
  );
  return Buffer.concat([...pieces, Buffer.from(`\r\n${BOUNDARY}--`)]);
}
