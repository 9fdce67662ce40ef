import { createHash, randomBytes, randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { eventually } from './support/eventually';
import { readInstalledVersion, resetDevice, swuFixture } from './support/installed-image';
import { Management, type ReleaseView, type RolloutView } from './support/management';
import { NetworkLink } from './support/network-link';
import { RookeryProcess } from './support/rookery-process';
import { ScriptedDevice, type ScriptedReport } from './support/scripted-device';
import { SwupdateDevice } from './support/swupdate-device';

jest.setTimeout(300_000);

const FEEDBACK_CRASHES = 20;
const UPLOAD_CRASHES = 10;
const UPLOADS_AT_ONCE = 4;
const DEVICES_AT_ONCE = 4;

let server: RookeryProcess;
let management: Management;

beforeEach(async () => {
  server = await RookeryProcess.start();
  management = new Management(server.url, server.token);
});

afterEach(() => server.discard());

async function crash(): Promise<void> {
  await server.kill9();
  await server.restart();
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function rollOut(releaseId: string, fields: object = {}): Promise<RolloutView> {
  return management.rollOut({ name: `to-${releaseId}`, feed: 'default', releaseId, ...fields });
}

/** Every file of every release that can be seen, downloaded whole and compared. */
async function checkBytes(releases: readonly ReleaseView[]): Promise<void> {
  for (const release of releases) {
    const artifacts = release.modules.flatMap((module) => module.artifacts);
    expect(artifacts.length).toBeGreaterThan(0);
    for (const { fileName, sha256: expected, sizeBytes } of artifacts) {
      const bytes = await management.download(release.id, fileName);
      expect({ release: release.id, size: bytes.length, sha256: sha256(bytes) }).toEqual({
        release: release.id,
        size: sizeBytes,
        sha256: expected,
      });
    }
  }
}

async function untilConfirmed(rollout: RolloutView): Promise<void> {
  await eventually(
    async () => expect((await management.rollout(rollout.id)).devices).toEqual({ confirmed: 1 }),
    { timeoutMs: 30_000 },
  );
}

describe('kill -9 of the server between the 201 of an upload and the first poll', () => {
  it('loses neither the release nor the rollout, and the device gets both', async () => {
    await resetDevice();
    const release = await management.uploadRelease([swuFixture('basic-1.0.swu')]);
    const rollout = await rollOut(release.id);
    await crash();
    expect(await management.releases()).toEqual([release]);
    await checkBytes([release]);
    const { url: serverUrl, gatewayToken } = server;
    const device = new SwupdateDevice({ serverUrl, gatewayToken, controllerId: 'late' });
    try {
      await device.start();
      await device.waitForInstalled();
      await device.reboot();
      await untilConfirmed(rollout);
      expect(await readInstalledVersion()).toBe('1.0');
    } finally {
      await device.stop();
    }
  });
});

describe('kill -9 of the server during a download', () => {
  it('does not keep the device from finishing it', async () => {
    await resetDevice();
    const link = await NetworkLink.to(server.url);
    const { gatewayToken } = server;
    const device = new SwupdateDevice({ serverUrl: link.url, gatewayToken, controllerId: 'cut-off' });
    try {
      await device.start();
      await eventually(async () =>
        expect((await management.device('cut-off')).attributes).toHaveProperty('board'),
      );
      const release = await management.uploadRelease([swuFixture('basic-1.0.swu')]);
      link.slowDownTo(40_000);
      const since = link.carriedBytes;
      // A device whose retries end before the server is back reports a failure and may try once more.
      const rollout = await rollOut(release.id, { attempts: 2 });
      await link.waitForCarried(100_000, { since, timeoutMs: 30_000 });
      await crash();
      link.cut();
      link.fullSpeed();
      await device.waitForInstalled();
      await device.reboot();
      await untilConfirmed(rollout);
      expect(await readInstalledVersion()).toBe('1.0');
    } finally {
      await device.stop();
      await link.close();
    }
  });
});

const REPORTS: readonly (Omit<ScriptedReport, 'message'> & {
  readonly status: string;
  readonly state: string;
})[] = [
  { execution: 'proceeding', finished: 'none', status: 'proceeding', state: 'downloading' },
  { execution: 'downloaded', finished: 'none', status: 'downloaded', state: 'downloaded' },
  { execution: 'closed', finished: 'failure', status: 'closed/failure', state: 'failed' },
];

/** Something that a device was answered 200 for. */
interface Acknowledged {
  readonly actionId: string;
  readonly message: string;
  readonly status: string;
  readonly state: string;
}

describe("kill -9 of the server right after a feedback's 200", () => {
  /** One crash: several devices report at once, and the server dies with the first answer. */
  async function crashAmidReports(
    round: number,
  ): Promise<{ acknowledged: Acknowledged[]; retrieved: number }> {
    const { url: serverUrl, gatewayToken } = server;
    const devices = Array.from(
      { length: DEVICES_AT_ONCE },
      (_unused, index) => new ScriptedDevice({ serverUrl, gatewayToken, controllerId: `r${round}-${index}` }),
    );
    await Promise.all(devices.map((device) => device.retrieveOffer()));
    const acknowledged: Acknowledged[] = [];
    const reports = devices.map(async (device) => {
      const { status, state, ...report } = REPORTS[randomInt(REPORTS.length)]!;
      const message = `round ${round}: ${randomBytes(6).toString('hex')}`;
      await device.report({ ...report, message });
      acknowledged.push({ actionId: device.actionId, message, status, state });
    });
    await Promise.any(reports);
    await crash();
    await Promise.allSettled(reports);
    return { acknowledged, retrieved: devices.length };
  }

  it(`misses nothing that was acknowledged, in ${FEEDBACK_CRASHES} crashes`, async () => {
    const release = await management.uploadRelease([swuFixture('basic-1.0.swu')]);
    const rollout = await rollOut(release.id);
    let admitted = 0;
    for (let round = 1; round <= FEEDBACK_CRASHES; round += 1) {
      const { acknowledged, retrieved } = await crashAmidReports(round);
      admitted += retrieved;
      expect(acknowledged.length).toBeGreaterThan(0);
      for (const { actionId, message, status, state } of acknowledged) {
        expect((await management.action(actionId)).state).toBe(state);
        const [entry] = (await management.actionLog(actionId)).filter(({ messages }) =>
          messages.includes(message),
        );
        expect(entry).toMatchObject({ source: 'device', status });
      }
    }
    await checkCounters(rollout, admitted);
  });

  /** What the rollout counts is what its actions say. */
  async function checkCounters(rollout: RolloutView, admitted: number): Promise<void> {
    const counted: Record<string, number> = {};
    for (let id = 1; id <= admitted; id += 1) {
      const { state } = await management.action(String(id));
      counted[state] = (counted[state] ?? 0) + 1;
    }
    expect(await management.rollout(rollout.id)).toMatchObject({ admitted, devices: counted });
  }
});

describe('kill -9 of the server during uploads', () => {
  /** Two files of random bytes as one release; resolves with its id, at the 201. */
  async function upload(name: string): Promise<string> {
    const form = new FormData();
    for (const [field, value] of Object.entries({ name, version: `1.0-${name}`, compatibility: '*' })) {
      form.append(field, value);
    }
    for (const part of ['a.bin', 'b.bin']) {
      form.append('file', new Blob([randomBytes(randomInt(1, 1_500_000))]), part);
    }
    return (await management.send<ReleaseView>('POST', '/releases', form)).id;
  }

  function uploadSome(round: number): Promise<string>[] {
    return Array.from({ length: UPLOADS_AT_ONCE }, (_unused, index) => upload(`r${round}-${index}`));
  }

  it(`leaves no half release and loses none with a 201, in ${UPLOAD_CRASHES} crashes`, async () => {
    const begin = performance.now();
    const created = await Promise.all(uploadSome(0));
    const usualMs = Math.ceil(performance.now() - begin);
    for (let round = 1; round <= UPLOAD_CRASHES; round += 1) {
      const uploads = uploadSome(round);
      const settled = Promise.allSettled(uploads);
      // In turn with the first 201, and anywhere in the time that they usually take.
      await (round % 2 === 0 ? Promise.any(uploads) : delay(randomInt(usualMs)));
      await crash();
      created.push(...(await settled).flatMap((one) => (one.status === 'fulfilled' ? one.value : [])));
      const visible = await management.releases();
      expect(visible.map((release) => release.id)).toEqual(expect.arrayContaining(created));
      expect(visible.map((release) => release.modules.length)).toEqual(visible.map(() => 2));
    }
    await checkBytes(await management.releases());
  });
});
