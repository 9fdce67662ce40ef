import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SimulatedFleet } from '../../src/cli/simulator/fleet';
import type { ProfileName } from '../../src/cli/simulator/profile-shares';
import { anEspImage } from '../support/an-esp-image';
import { eventually } from './support/eventually';
import { RookeryProcess } from './support/rookery-process';

jest.setTimeout(120_000);

const FIXTURES = join(__dirname, '../fixtures');
const DEVICES = 4;

let server: RookeryProcess;
const fleets: SimulatedFleet[] = [];
beforeAll(async () => {
  server = await RookeryProcess.start();
});
afterAll(async () => {
  for (const fleet of fleets) fleet.stop();
  await server.discard();
});

interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

async function ask(method: string, path: string, body?: object | FormData): Promise<Answer> {
  const isForm = body instanceof FormData;
  const answer = await fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${server.token}`,
      ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
}

async function upload(name: string, bytes: Buffer): Promise<string> {
  const form = new FormData();
  form.append('file', new Blob([new Uint8Array(bytes)]), name);
  const { status, body } = await ask('POST', '/releases', form);
  expect([status, status === 201 ? '' : JSON.stringify(body)]).toEqual([201, '']);
  return String(body['id']);
}

async function rollOut(releaseId: string, feed = 'default'): Promise<Answer> {
  const made = await ask('POST', '/rollouts', {
    name: `of ${releaseId}`,
    feed,
    releaseId,
    confirms: 'report',
  });
  return made.status === 201 ? ask('POST', `/rollouts/${String(made.body['id'])}/start`) : made;
}

function switchOn(prefix: string, model: string, profile: ProfileName): SimulatedFleet {
  const fleet = new SimulatedFleet({
    ...{ url: server.url, gatewayToken: server.gatewayToken, devices: DEVICES, prefix, model },
    ...{ revision: 'rev4.2', profiles: { [profile]: 1 }, timeScale: 20, version: '0.5.0' },
  });
  fleets.push(fleet);
  fleet.start();
  return fleet;
}

async function versionsOf(prefix: string): Promise<string[]> {
  const { body } = await ask('GET', `/devices?q=${encodeURIComponent(`controllerId==${prefix}-*`)}`);
  const items = body['items'] as { installedVersion?: string; confirmedVersion?: string }[];
  return items.map(({ installedVersion }) => installedVersion ?? 'none');
}

const all = (version: string): string[] => Array.from({ length: DEVICES }, () => version);
const bundle = (name: string): Promise<Buffer> => readFile(join(FIXTURES, 'raucb', name));

describe('what a file says of itself', () => {
  it('brings a .raucb to the boards that it is for, and to no others', async () => {
    const pattern = { compatiblePattern: '(?P<model>.+)-(?P<revision>rev[0-9.]+)' };
    expect((await ask('PATCH', '/tenant/settings', pattern)).status).toBe(200);
    switchOn('rauc', 'my-board', 'rauc');
    switchOn('other', 'third-board', 'rauc');
    expect((await rollOut(await upload('firmware.bin.raucb', await bundle('plain-2.0.raucb')))).status).toBe(
      200,
    );
    await eventually(async () => expect(await versionsOf('rauc')).toEqual(all('2.0')), { timeoutMs: 60_000 });
    expect(await versionsOf('other')).toEqual(all('0.5.0'));
  });

  it('brings an image to the chips that it was built for', async () => {
    switchOn('esp', 'esp32s3', 'esp');
    switchOn('old', 'esp32', 'esp');
    const feed = 'chips';
    expect((await ask('POST', '/feeds', { name: feed })).status).toBe(201);
    await eventually(async () => expect(await versionsOf('esp')).toEqual(all('0.5.0')), {
      timeoutMs: 60_000,
    });
    await eventually(async () => expect(await versionsOf('old')).toEqual(all('0.5.0')), {
      timeoutMs: 60_000,
    });
    for (const prefix of ['esp', 'old'])
      for (let n = 1; n <= DEVICES; n += 1)
        expect((await ask('PATCH', `/devices/${prefix}-0000${n}`, { feed })).status).toBe(200);
    expect((await rollOut(await upload('app.bin', anEspImage()), feed)).status).toBe(200);
    await eventually(async () => expect(await versionsOf('esp')).toEqual(all('1.2.3')), {
      timeoutMs: 60_000,
    });
    expect(await versionsOf('old')).toEqual(all('0.5.0'));
  });
});

describe('a bundle signed by a stranger', () => {
  it('is refused before any device sees it', async () => {
    const pem = (await readFile(join(FIXTURES, 'pki/rauc-ca.cert.pem'))).toString();
    expect((await ask('POST', '/trust-anchors', { name: 'ours', pem })).status).toBe(201);
    expect((await ask('PATCH', '/tenant/settings', { signatures: { demand: 'trusted' } })).status).toBe(200);
    const stranger = await upload('stranger.raucb', await bundle('untrusted.raucb'));
    const refused = await rollOut(stranger);
    expect([refused.status, refused.body['code']]).toEqual([409, 'unsound_release']);
    expect(refused.body['detail']).toContain('stranger.raucb: Its signature is not trusted');
    const offers = await ask('GET', '/devices/rauc-00001/actions');
    expect((offers.body['items'] as { releaseId: string }[]).map(({ releaseId }) => releaseId)).not.toContain(
      stranger,
    );
  });
});
