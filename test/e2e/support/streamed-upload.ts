import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const CHUNK_BYTES = 64 * 1024;

/** Bytes that are made while they go out, and their sha256, known before. */
export class StreamedFile {
  private readonly block = randomBytes(CHUNK_BYTES);

  constructor(readonly sizeBytes: number) {}

  get sha256(): string {
    const hash = createHash('sha256');
    for (const chunk of this.chunks()) hash.update(chunk);
    return hash.digest('hex');
  }

  *chunks(): Generator<Buffer> {
    for (let sent = 0; sent < this.sizeBytes; sent += CHUNK_BYTES)
      yield this.block.subarray(0, Math.min(CHUNK_BYTES, this.sizeBytes - sent));
  }
}

/** A request whose body is made while it goes out, at the server's pace. */
export async function sendStreamed(
  url: string,
  method: string,
  { headers, body }: { readonly headers: Record<string, string>; readonly body: Iterable<Buffer> },
): Promise<{ readonly status: number; readonly text: string; readonly location: string }> {
  const sending = request(url, { method, headers, agent: false });
  const answered = new Promise<{ status: number; text: string; location: string }>((resolve, reject) => {
    sending.once('error', reject).once('response', (response) => {
      response
        .setEncoding('utf8')
        .toArray()
        .then((parts) => {
          const { statusCode = 0, headers: said } = response;
          resolve({ status: statusCode, text: parts.join(''), location: said.location ?? '' });
        }, reject);
    });
  });
  await pipeline(Readable.from(body, { objectMode: true }), sending);
  return answered;
}

/** The only file of a form, with the fields before it. */
export function* formOf(fields: Readonly<Record<string, string>>, file: StreamedFile): Generator<Buffer> {
  for (const [name, value] of Object.entries(fields))
    yield Buffer.from(`--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`);
  yield Buffer.from('--b\r\nContent-Disposition: form-data; name="file"; filename="large.bin"\r\n\r\n');
  yield* file.chunks();
  yield Buffer.from('\r\n--b--\r\n');
}

/** How much more memory a process has at the worst moment of `work` than before, as the system counts it. */
export async function memoryGrowth(pid: number, work: () => Promise<void>): Promise<number> {
  const before = residentBytes(pid);
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, residentBytes(pid))), 20);
  try {
    await work();
  } finally {
    clearInterval(watch);
  }
  return Math.max(most, residentBytes(pid)) - before;
}

function residentBytes(pid: number): number {
  const [, kib = '0'] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kib) * 1024;
}
