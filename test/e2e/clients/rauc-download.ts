import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Agent, type IncomingMessage } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { chokeAs } from './choke';
import { RAUC_CLIENT, type RaucConnection } from './rauc-connection';

const choke = chokeAs(RAUC_CLIENT);

/** The connection broke before all bytes were here. */
export class CutShort extends Error {}

/** What a download is to be. */
export interface RaucDownload {
  readonly url: string;
  readonly file: string;
  /** Told of the bytes as they come. */
  readonly onBytes: (bytes: number) => Promise<void>;
}

/** How the server answered. */
export interface Fetched {
  readonly status: number;
  /** From where on it asked. */
  readonly fromByte: number | undefined;
}

/**
 * Fetches into a file as libcurl does: whatever is there already is resumed. A 200 then aborts the transfer, and 416 means
 * that all is there. @throws CutShort
 */
export async function fetchToFile(connection: RaucConnection, download: RaucDownload): Promise<Fetched> {
  const { url, file } = download;
  const fromByte = await sizeOf(file);
  const range = fromByte === undefined ? undefined : `bytes=${fromByte}-`;
  const agent = new Agent({ keepAlive: true });
  try {
    const answer = await connection.fetch(url, range, agent).catch((cause: unknown) => {
      throw new CutShort('Failure when receiving data from the peer', { cause });
    });
    const status = answer.statusCode ?? 0;
    if (status === 416 && fromByte !== undefined) expectEnd(answer, fromByte);
    else if (status === 200 && fromByte !== undefined) choke(`${url} answers Range: ${range ?? ''} with 200`);
    else if (status !== 200 && status !== 206) choke(`${url} is answered ${status}`);
    else if (status === 206) expectContent(answer, fromByte ?? 0);
    if (status !== 416) await pour(answer, download);
    return { status, fromByte };
  } finally {
    agent.destroy();
  }
}

async function pour(answer: IncomingMessage, { file, onBytes }: RaucDownload): Promise<void> {
  const out = createWriteStream(file, { flags: 'a' });
  try {
    for await (const bytes of answer as AsyncIterable<Buffer>) {
      if (!out.write(bytes)) await once(out, 'drain');
      await onBytes(bytes.length);
    }
  } catch (cause) {
    throw new CutShort('Transferred a partial file', { cause });
  } finally {
    out.end();
    await once(out, 'close');
  }
}

function expectContent(answer: IncomingMessage, start: number): void {
  const range = answer.headers['content-range'] ?? '';
  if (!new RegExp(`^bytes ${start}-\\d+/\\d+$`).test(range))
    choke(`the part from byte ${start} on says Content-Range: ${range}`);
}

function expectEnd(answer: IncomingMessage, size: number): void {
  answer.resume();
  const range = answer.headers['content-range'] ?? '';
  if (range !== `bytes */${size}`) choke(`416 for byte ${size} says Content-Range: ${range}`);
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch {
    return undefined;
  }
}

export async function sha1Of(file: string): Promise<string> {
  const hash = createHash('sha1');
  for await (const bytes of createReadStream(file) as AsyncIterable<Buffer>) hash.update(bytes);
  return hash.digest('hex');
}

/** What RAUC's own block device reads at once. */
export const STREAM_BLOCK_BYTES = 128 * 1024;

/**
 * Streams as RAUC itself does: blocks of 128 KiB, each asked for with the token, until there are no more (416). Returns
 * what all of them are together.
 */
export async function streamBlocks(connection: RaucConnection, url: string): Promise<Buffer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const blocks: Buffer[] = [];
  let start = 0;
  try {
    for (;;) {
      const block = await fetchBlock(connection, { url, start, agent });
      if (block === undefined) return Buffer.concat(blocks);
      blocks.push(block);
      start += STREAM_BLOCK_BYTES;
    }
  } finally {
    agent.destroy();
  }
}

/** Undefined: that block begins at or behind the end. */
export async function fetchBlock(
  connection: RaucConnection,
  { url, start, agent }: { readonly url: string; readonly start: number; readonly agent: Agent },
): Promise<Buffer | undefined> {
  const answer = await connection.fetch(url, `bytes=${start}-${start + STREAM_BLOCK_BYTES - 1}`, agent);
  const bytes = await buffer(answer);
  const { statusCode: status, headers } = answer;
  if (status === 416) return undefined;
  if (status !== 206) return choke(`block ${start} of ${url} is answered ${status ?? 0}`);
  expectContent(answer, start);
  if (headers['content-length'] !== String(bytes.length))
    choke(`a block of ${bytes.length} bytes says Content-Length: ${headers['content-length'] ?? ''}`);
  return bytes;
}
