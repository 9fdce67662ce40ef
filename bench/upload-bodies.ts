import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHUNK_BYTES = 64 * 1024;
const block = randomBytes(CHUNK_BYTES);

/** So many bytes, made while they go out; another `turn` makes another file. */
export function* fileBytes(sizeBytes: number, turn: number): Generator<Buffer> {
  const first = Buffer.from(block);
  first.writeUInt32BE(turn);
  for (let sent = 0; sent < sizeBytes; sent += CHUNK_BYTES)
    yield (sent === 0 ? first : block).subarray(0, Math.min(CHUNK_BYTES, sizeBytes - sent));
}

/** The file in the upload form, behind its fields. */
export function* formBytes(
  fields: Readonly<Record<string, string>>,
  file: Iterable<Buffer>,
): Generator<Buffer> {
  for (const [name, value] of Object.entries(fields))
    yield Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n');
  yield* file;
  yield Buffer.from('\r\n--b--\r\n');
}

/** What is asked, and how it is to be answered. */
export interface Sending {
  readonly method: 'POST' | 'PATCH';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Iterable<Buffer>;
  readonly status: number;
}

/** Sends at the server's pace, and tells the Location of the answer. @throws Error about another status */
export async function send(url: string, { method, headers, body, status }: Sending): Promise<string> {
  const sending = request(url, { method, headers, agent: false });
  const answered = new Promise<string>((resolve, reject) => {
    sending.once('error', reject).once('response', (response) => {
      const { statusCode = 0, headers: said } = response;
      response
        .setEncoding('utf8')
        .toArray()
        .then((parts) => {
          if (statusCode === status) resolve(said.location ?? '');
          else reject(new Error(`${method} ${url} was answered ${statusCode}: ${parts.join('')}`));
        }, reject);
    });
  });
  await pipeline(Readable.from(body), sending);
  return answered;
}
