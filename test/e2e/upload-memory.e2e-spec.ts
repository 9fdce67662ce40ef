import type { ReleaseView } from './support/management';
import { RookeryProcess } from './support/rookery-process';
import { formOf, memoryGrowth, sendStreamed, StreamedFile } from './support/streamed-upload';
import { TusClient } from '../support/tus-client';

jest.setTimeout(300_000);

const MIB = 1024 * 1024;
/** ROOKERY_TEST_UPLOAD_MIB=1024 for the whole gigabyte. */
const SIZE_BYTES = Number(process.env['ROOKERY_TEST_UPLOAD_MIB'] ?? 300) * MIB;
const MOST_BYTES = 64 * MIB;

let server: RookeryProcess;
beforeAll(async () => {
  server = await RookeryProcess.start();
  // Code and connections are there before the measuring begins.
  await uploadForm(new StreamedFile(MIB), 'small');
  await uploadResumable(new StreamedFile(MIB), 'small');
});
afterAll(() => server.discard());

const authorization = (): Record<string, string> => ({ authorization: `Bearer ${server.token}` });
const details = (name: string, size: string) => ({ name, version: `${name}-${size}`, compatibility: '*' });

function judge({ status, text }: { status: number; text: string }, file: StreamedFile): void {
  expect([status, status === 201 ? '' : text]).toEqual([201, '']);
  const [artifact] = (JSON.parse(text) as ReleaseView).modules[0]!.artifacts;
  expect(artifact).toMatchObject({ sizeBytes: file.sizeBytes, sha256: file.sha256 });
}

async function uploadForm(file: StreamedFile, size: string): Promise<void> {
  const answer = await sendStreamed(`${server.url}/api/v1/releases`, 'POST', {
    headers: { ...authorization(), 'content-type': 'multipart/form-data; boundary=b' },
    body: formOf(details('form', size), file),
  });
  judge(answer, file);
}

async function uploadResumable(file: StreamedFile, size: string): Promise<void> {
  const client = new TusClient(server.url, server.token);
  const path = await client.path(file.sizeBytes, { filename: 'large.bin' });
  const sent = await sendStreamed(`${server.url}${path}`, 'PATCH', {
    headers: {
      ...{ ...authorization(), 'tus-resumable': '1.0.0', 'upload-offset': '0' },
      'content-type': 'application/offset+octet-stream',
    },
    body: file.chunks(),
  });
  expect(sent.status).toBe(204);
  const uploads = [path.slice(path.lastIndexOf('/') + 1)];
  const made = await client.send('POST', '/api/v1/releases/from-uploads', {
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify({ ...details('resumable', size), uploads })),
  });
  judge(made, file);
}

describe('a large upload', () => {
  it.each([
    ['by form', uploadForm],
    ['resumable', uploadResumable],
  ])('%s takes less than 64 MiB of memory, whatever its size', async (_how, upload) => {
    const file = new StreamedFile(SIZE_BYTES);
    const grown = await memoryGrowth(server.pid ?? 0, () => upload(file, 'large'));
    expect(grown).toBeLessThan(MOST_BYTES);
  });
});
