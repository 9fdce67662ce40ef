import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CertificateAuthority } from './support/certificate-authority';
import { docsExamples } from './support/docs-example';
import { Management, type ReleaseView } from './support/management';
import { NetworkLink } from './support/network-link';
import { NginxProxy } from './support/nginx-proxy';
import { RookeryProcess } from './support/rookery-process';
import { ScriptedDevice } from './support/scripted-device';
import { openOverTls } from './support/tls-request';

jest.setTimeout(120_000);

const [PLAIN = '', , ACCEL = ''] = docsExamples('docs/operations.md', 'nginx');
/** What the third example takes over from the first: all but its frame. */
const TAKEN_OVER = '# … as above, and:';
const FRAME = /^server \{\n(.*)\}\n$/s;
const DATA_FOLDER = '/var/lib/rookery';
/** Far beyond what Rookery says about it. */
const SIZE_BYTES = 3_000_000;

interface Got {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

let folder: string;
let caFile: string;
let server: RookeryProcess;
let management: Management;
let link: NetworkLink;
let nginx: NginxProxy;
let device: ScriptedDevice;
let release: ReleaseView;
const content = randomBytes(SIZE_BYTES);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'accel-'));
  await chmod(folder, 0o755);
  server = await RookeryProcess.start({ settings: { ROOKERY_TRUSTED_PROXIES: '127.0.0.1' } });
  management = new Management(server.url, server.token);
  const bundle = join(folder, 'fw.bin');
  await writeFile(bundle, content);
  release = await management.uploadRelease([bundle], { name: 'fw', version: '1.0', compatibility: '*' });
  await management.rollOut({ name: 'fw', feed: 'default', releaseId: release.id });
  const { url: serverUrl, gatewayToken } = server;
  device = new ScriptedDevice({ serverUrl, gatewayToken, controllerId: 'accelerated' });
  await device.retrieveOffer();
  link = await NetworkLink.to(server.url);
  nginx = await startNginx();
  await deliverBy('accel');
});

afterAll(async () => {
  await nginx.discard();
  await link.close();
  await server.discard();
  await rm(folder, { recursive: true, force: true });
});

/** As in the docs, but for the places. */
async function startNginx(): Promise<NginxProxy> {
  expect(ACCEL).toContain(TAKEN_OVER);
  const example = ACCEL.replace(TAKEN_OVER, () => FRAME.exec(PLAIN)?.[1] ?? '');
  const config = example
    .replace('127.0.0.1:8080', new URL(link.url).host)
    .replace(DATA_FOLDER, () => server.dataDir);
  const site = new CertificateAuthority(folder, 'site-ca');
  caFile = site.certFile;
  const web = site.issueServer('localhost');
  return NginxProxy.start({ config, files: { [web.certFile]: 'server.pem', [web.keyFile]: 'server.key' } });
}

async function deliverBy(delivery: string): Promise<void> {
  await management.send('PATCH', '/tenant/settings', { delivery });
}

async function ask(headers: Record<string, string> = {}, method: 'GET' | 'HEAD' = 'GET'): Promise<Got> {
  const authorization = `GatewayToken ${server.gatewayToken}`;
  return nginx.orShowLogs(async () => {
    const asker = { caFile, headers: { authorization, ...headers }, method };
    const answer = await openOverTls(`${nginx.url}${device.filePath}`, asker);
    return { status: answer.statusCode ?? 0, headers: answer.headers, body: await buffer(answer) };
  });
}

/** What Rookery itself says to the same. */
async function streamed(headers: Record<string, string>, method: 'GET' | 'HEAD' = 'GET'): Promise<Got> {
  await deliverBy('stream');
  try {
    return await ask(headers, method);
  } finally {
    await deliverBy('accel');
  }
}

/** Of time and connections each server tells on its own, and nginx does not say of a part that it could send others. */
function told({
  date: _date,
  connection: _connection,
  ...headers
}: IncomingHttpHeaders): IncomingHttpHeaders {
  const { 'accept-ranges': _ranges, ...ofPart } = headers;
  return headers['content-range'] === undefined ? headers : ofPart;
}

describe('nginx as in the docs, which sends the files itself', () => {
  it.each([
    ['a whole file', {}, 200, (): Buffer => content],
    ['a range', { range: 'bytes=1000-1999' }, 206, (): Buffer => content.subarray(1000, 2000)],
    ['the rest', { range: 'bytes=2999990-' }, 206, (): Buffer => content.subarray(2_999_990)],
    ['the last bytes', { range: 'bytes=-7' }, 206, (): Buffer => content.subarray(-7)],
    [
      'more than there is',
      { range: 'bytes=2999990-9999999' },
      206,
      (): Buffer => content.subarray(2_999_990),
    ],
  ])('sends %s as Rookery does', async (_what, headers, status, expected) => {
    const got = await ask(headers);
    expect(got.status).toBe(status);
    expect(got.body.equals(expected())).toBe(true);
    expect(told(got.headers)).toEqual(told((await streamed(headers)).headers));
  });

  it('sends several ranges, in the order asked', async () => {
    const { status, headers, body } = await ask({ range: 'bytes=2000-2099,100-149' });
    expect(status).toBe(206);
    const [, boundary = ''] =
      /^multipart\/byteranges; boundary=(\S+)$/.exec(headers['content-type'] ?? '') ?? [];
    const [, first = '', second = ''] = body.toString('latin1').split(`--${boundary}\r\n`);
    expect(first).toContain(`Content-Range: bytes 2000-2099/${SIZE_BYTES}`);
    expect(first).toContain(content.toString('latin1', 2000, 2100));
    expect(second).toContain(`Content-Range: bytes 100-149/${SIZE_BYTES}`);
    expect(second).toContain(content.toString('latin1', 100, 150));
    expect(headers.etag).toBe((await streamed({})).headers.etag);
  });

  it.each([
    ['HEAD', {}, 200],
    ['HEAD', { range: 'bytes=0-9' }, 200],
    ['GET', { range: `bytes=${SIZE_BYTES}-` }, 416],
    ['GET', { 'if-match': '"other"' }, 412],
  ] as const)('hands on what Rookery says to %s with %j', async (method, headers, status) => {
    const got = await ask(headers, method);
    const straight = await streamed(headers, method);
    expect([got.status, got.body]).toEqual([status, straight.body]);
    expect(told(got.headers)).toEqual(told(straight.headers));
  });

  it('resumes by the tag and by the date that it told before', async () => {
    const { headers } = await ask({ range: 'bytes=0-9' });
    for (const validator of [headers.etag ?? '', headers['last-modified'] ?? '']) {
      const rest = await ask({ range: 'bytes=10-', 'if-range': validator });
      expect([rest.status, rest.body.equals(content.subarray(10))]).toEqual([206, true]);
    }
  });

  it('takes no byte of a file from Rookery, and tells nobody where it lies', async () => {
    let said = '';
    const end = link.watch((way, bytes) => {
      if (way === 'back') said += bytes.toString('latin1');
    });
    const { headers } = await ask();
    end();
    expect(said).toMatch(/^x-accel-redirect: \/_rookery\/blobs\//im);
    expect(said.length).toBeLessThan(4096);
    expect(headers).not.toHaveProperty('x-accel-redirect');
  });

  it('lets nobody in where the files are', async () => {
    const sha256 = release.modules[0]?.artifacts[0]?.sha256 ?? '';
    for (const path of [`blobs/1/${sha256.slice(0, 2)}/${sha256}`, 'blobs/', '', '..%2fsecret.key']) {
      const answer = await openOverTls(`${nginx.url}/_rookery/${path}`, { caFile });
      answer.resume();
      expect([path, answer.statusCode]).toEqual([path, 404]);
    }
  });

  it('leaves the begin of the download and its proof in the books', async () => {
    await ask();
    expect(await management.action(device.actionId)).toMatchObject({ state: 'downloading', hasProof: true });
  });
});
