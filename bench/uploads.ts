import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { formOf, memoryGrowth, sendStreamed, StreamedFile } from '../test/e2e/support/streamed-upload';
import { cpuMs } from './accounting';
import { aligned } from './cells';
import type { Stage } from './stage';

/** How much is uploaded how often, and where the yardstick may write. */
export interface UploadOrder {
  readonly sizeBytes: number;
  readonly rounds: number;
  readonly folder: string;
}

/** One upload. */
interface Sample {
  readonly seconds: number;
  readonly cpuMs: number;
  readonly moreBytes: number;
}

interface Contestant {
  readonly name: string;
  readonly pid: number;
  readonly upload: (turn: number) => Promise<void>;
}

const GIB = 2 ** 30;

/**
 * What it costs to take a large file in, by form and resumable, beside what nobody can do without: the four hashes that
 * devices ask for, and the bytes on disk, in this process. Everyone takes turns.
 */
export async function measureUploads(stage: Stage, order: UploadOrder): Promise<string> {
  const contestants = [bareIntake(order), ...rookery(stage, order)];
  const samples = new Map(contestants.map((one): [Contestant, Sample[]] => [one, []]));
  for (let turn = 0; turn <= order.rounds; turn += 1)
    for (const contestant of contestants) {
      const sample = await measure(contestant, turn);
      // The first round warms up.
      if (turn > 0) samples.get(contestant)?.push(sample);
    }
  const size = `${(order.sizeBytes / 2 ** 20).toFixed(0)} MiB`;
  const head = [`upload of ${size}`, 'MiB per second', 'CPU ms/GiB', 'more memory at the peak, MiB'];
  const rows = [...samples].map(([{ name }, taken]) => [name, ...cellsOf(taken, order.sizeBytes)]);
  return `${aligned([head, ...rows])}Of the server, of the bare intake with its client. Medians of ${order.rounds}; of memory the most.\n`;
}

function cellsOf(taken: readonly Sample[], sizeBytes: number): string[] {
  const perSecond = taken.map(({ seconds }) => sizeBytes / 2 ** 20 / seconds);
  const cpu = taken.map((sample) => sample.cpuMs / (sizeBytes / GIB));
  const most = Math.max(...taken.map(({ moreBytes }) => moreBytes)) / 2 ** 20;
  return [median(perSecond).toFixed(0), median(cpu).toFixed(0), most.toFixed(0)];
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}

async function measure({ pid, upload }: Contestant, turn: number): Promise<Sample> {
  const [beforeMs, startedMs] = [cpuMs(pid), performance.now()];
  const moreBytes = await memoryGrowth(pid, () => upload(turn));
  return { seconds: (performance.now() - startedMs) / 1000, cpuMs: cpuMs(pid) - beforeMs, moreBytes };
}

function bareIntake({ sizeBytes, folder }: UploadOrder): Contestant {
  const upload = async (): Promise<void> => {
    const path = join(folder, 'bare-intake');
    const file = await open(path, 'w');
    const hashes = ['sha256', 'sha1', 'md5'].map((name) => createHash(name));
    let sum = 0;
    for (const chunk of new StreamedFile(sizeBytes).chunks()) {
      const written = file.write(chunk);
      for (const hash of hashes) hash.update(chunk);
      sum = crc32(chunk, sum);
      await written;
    }
    await file.sync();
    await file.close();
    await rm(path);
  };
  return { name: 'bare intake', pid: process.pid, upload };
}

function rookery({ rookeries: [{ port, pid }], access }: Stage, { sizeBytes }: UploadOrder): Contestant[] {
  const api = `http://127.0.0.1:${port}/api/v1`;
  const authorization = `Bearer ${access.apiToken}`;
  const details = (name: string, turn: number): Record<string, string> => ({
    ...{ name, version: `1.0.${turn}`, compatibility: `bench-${name}` },
  });
  const byForm = async (turn: number): Promise<void> => {
    const headers = { authorization, 'content-type': 'multipart/form-data; boundary=b' };
    const body = formOf(details('form', turn), new StreamedFile(sizeBytes));
    await send(`${api}/releases`, { method: 'POST', headers, body, status: 201 });
  };
  const resumable = async (turn: number): Promise<void> => {
    const tus = { authorization, 'tus-resumable': '1.0.0' };
    const metadata = `filename ${Buffer.from('large.bin').toString('base64')}`;
    const begun = { ...tus, 'upload-length': String(sizeBytes), 'upload-metadata': metadata };
    const path = await send(`${api}/uploads`, { method: 'POST', headers: begun, body: [], status: 201 });
    const id = path.slice(path.lastIndexOf('/') + 1);
    const headers = { ...tus, 'upload-offset': '0', 'content-type': 'application/offset+octet-stream' };
    const body = new StreamedFile(sizeBytes).chunks();
    await send(`${api}/uploads/${id}`, { method: 'PATCH', headers, body, status: 204 });
    const release = Buffer.from(JSON.stringify({ ...details('resumable', turn), uploads: [id] }));
    const json = { authorization, 'content-type': 'application/json' };
    await send(`${api}/releases/from-uploads`, {
      method: 'POST',
      headers: json,
      body: [release],
      status: 201,
    });
  };
  return [
    { name: 'rookery, by form', pid, upload: byForm },
    { name: 'rookery, resumable', pid, upload: resumable },
  ];
}

interface Sending {
  readonly method: 'POST' | 'PATCH';
  readonly headers: Record<string, string>;
  readonly body: Iterable<Buffer>;
  readonly status: number;
}

/** The Location of the answer. @throws Error about another status than the expected one */
async function send(url: string, { method, headers, body, status }: Sending): Promise<string> {
  const answer = await sendStreamed(url, method, { headers, body });
  if (answer.status === status) return answer.location;
  throw new Error(`${method} ${url} was answered ${answer.status}: ${answer.text}`);
}
