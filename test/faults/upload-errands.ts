import { createHash } from 'node:crypto';
import type { Random } from '../../src/cli/simulator/random';
import { Management, ManagementError, type ReleaseView } from '../e2e/support/management';
import type { RookeryProcess } from '../e2e/support/rookery-process';
import { TusClient } from '../support/tus-client';

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A release that somebody wants to publish, and tries until it is there. */
export interface Errand {
  readonly name: string;
  /** What its files have to be, in the end and whenever they can be seen: by their names. */
  readonly sha256s: ReadonlyMap<string, string>;
  /** The release, once that was answered. */
  readonly releaseId: string | undefined;
  /** What an answer promised and was not kept, if anything. */
  readonly broken: readonly string[];
  /** Goes as far as it comes; rejects when the connection ends. May be called again, and goes on then. */
  run(): Promise<void>;
}

/** Under a version of its own, so that no errand is in the way of another. */
const detailsOf = (name: string): Record<string, string> => ({
  name,
  version: `1-${name}`,
  compatibility: '*',
});

function contents(random: Random, fileNames: readonly string[]): Map<string, Buffer> {
  // As many small files as large ones: for the one the commit is most of the time, for the other the bytes.
  const sizeBytes = (): number => Math.ceil(2 ** (8 + random.next() * 15));
  return new Map(fileNames.map((name) => [name, bytesOf(random, sizeBytes())]));
}

/** Not all the same, so that a part in a wrong place would be seen. */
function bytesOf(random: Random, sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 64)
    bytes.writeUInt8(Math.floor(random.next() * 256), Math.min(at, sizeBytes - 1));
  return bytes;
}

const digests = (files: ReadonlyMap<string, Buffer>): Map<string, string> =>
  new Map([...files].map(([name, bytes]) => [name, sha256Of(bytes)]));

/** By one multipart form, with a sha256 for each file. */
export class FormErrand implements Errand {
  readonly sha256s: ReadonlyMap<string, string>;
  readonly broken: string[] = [];
  releaseId: string | undefined;
  private readonly files: ReadonlyMap<string, Buffer>;

  constructor(
    readonly name: string,
    private readonly server: RookeryProcess,
    random: Random,
  ) {
    this.files = contents(random, ['a.bin', 'b.bin']);
    this.sha256s = digests(this.files);
  }

  async run(): Promise<void> {
    const form = new FormData();
    for (const [field, value] of Object.entries(detailsOf(this.name))) form.append(field, value);
    for (const [name, sha256] of this.sha256s) form.append(`sha256[${name}]`, sha256);
    for (const [name, bytes] of this.files) form.append('file', new Blob([new Uint8Array(bytes)]), name);
    const management = new Management(this.server.url, this.server.token);
    this.releaseId = (await management.send<ReleaseView>('POST', '/releases', form)).id;
  }
}

/** By a resumable upload in several pieces. */
export class TusErrand implements Errand {
  readonly sha256s: ReadonlyMap<string, string>;
  readonly broken: string[] = [];
  releaseId: string | undefined;
  /** Bytes that did not have to be sent again. */
  savedBytes = 0;
  private readonly bytes: Buffer;
  private readonly pieceBytes: number;
  private path: string | undefined;
  private acknowledgedBytes = 0;

  constructor(
    readonly name: string,
    private readonly server: RookeryProcess,
    random: Random,
  ) {
    const files = contents(random, ['resumed.bin']);
    this.sha256s = digests(files);
    this.bytes = files.get('resumed.bin') ?? Buffer.alloc(0);
    this.pieceBytes = Math.ceil(this.bytes.length / (1 + Math.floor(random.next() * 4)));
  }

  async run(): Promise<void> {
    const client = new TusClient(this.server.url, this.server.token);
    if (this.path === undefined) {
      const sha256 = sha256Of(this.bytes);
      this.path = await client.path(this.bytes.length, { filename: 'resumed.bin', sha256 });
    } else await this.goOn(client, this.path);
    while (this.acknowledgedBytes < this.bytes.length) await this.sendPiece(client, this.path);
    this.releaseId = await this.release(this.path);
  }

  private async goOn(client: TusClient, path: string): Promise<void> {
    const offset = await client.offset(path);
    if (offset < this.acknowledgedBytes)
      this.broken.push(
        `${this.name}: ${this.acknowledgedBytes} bytes were acknowledged, ${offset} are there`,
      );
    this.savedBytes += offset;
    this.acknowledgedBytes = offset;
  }

  private async sendPiece(client: TusClient, path: string): Promise<void> {
    const from = this.acknowledgedBytes;
    const answer = await client.append(path, from, this.bytes.subarray(from, from + this.pieceBytes));
    if (answer.status !== 204) throw new ManagementError(`PATCH ${path}`, answer.status, answer.text);
    this.acknowledgedBytes = Number(answer.headers.get('upload-offset'));
  }

  private async release(path: string): Promise<string> {
    const management = new Management(this.server.url, this.server.token);
    const uploads = [path.slice(path.lastIndexOf('/') + 1)];
    const body = { ...detailsOf(this.name), uploads };
    return (await management.send<ReleaseView>('POST', '/releases/from-uploads', body)).id;
  }
}
