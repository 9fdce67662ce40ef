import { DdiDevice } from '../support/ddi-device';
import type { Management } from '../e2e/support/management';
import { Chance } from './chance';
import { DEVICE_SCRIPTS, type DeviceScript, type Step } from './device-scripts';
import type { FuzzDevice, FuzzModule, World } from './world';

/** Where everything is arranged. */
export interface Arrangement {
  readonly url: string;
  readonly management: Management;
  readonly gatewayToken: string;
  readonly devicesPerState: number;
}

interface Release {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly modules: readonly {
    readonly id: string;
    readonly artifacts: readonly { readonly fileName: string }[];
  }[];
}

const AUTHORITY = 'f0e1d2c3b4a5968778695a4b3c2d1e0f';
const LOG_ENTRIES = 30;
const FILES = [
  ['firmware.bin', 3000],
  ['größe & mehr.bin', 700],
  ['empty.bin', 1],
] as const;

/** Makes releases and devices, and leads each device to its state: one after the other, so that ids never differ. */
export async function arrange(arrangement: Arrangement): Promise<World> {
  const { management, gatewayToken, devicesPerState } = arrangement;
  await management.send('PATCH', '/tenant/settings', {
    confirmation: true,
    certificateAuthorities: [AUTHORITY],
    quotas: { logEntries: LOG_ENTRIES, messages: 20, attributes: 40 },
  });
  const releases: Release[] = [];
  for (const version of ['2.0.0', '3.0.0']) releases.push(await upload(management, version));
  const devices: FuzzDevice[] = [];
  for (const script of DEVICE_SCRIPTS) {
    for (let number = 0; number < devicesPerState; number += 1) {
      const controllerId = `fuzz-${String(devices.length).padStart(4, '0')}`;
      devices.push(await new Rehearsal(arrangement, releases, controllerId).lead(script, number));
    }
  }
  const modules: FuzzModule[] = releases.flatMap((release) =>
    release.modules.map(({ id, artifacts }) => ({
      id,
      fileNames: artifacts.map(({ fileName }) => fileName),
    })),
  );
  const names = releases.map(({ name, version }) => ({ name, version }));
  return { tenant: 'DEFAULT', gatewayToken, authority: AUTHORITY, devices, modules, releases: names };
}

async function upload(management: Management, version: string): Promise<Release> {
  const form = new FormData();
  const fields = { name: 'firmware', version, compatibility: 'fuzzed:*' };
  for (const [field, value] of Object.entries(fields)) form.append(field, value);
  for (const [name, sizeBytes] of FILES) {
    const content = new Chance(name, version).bytes(sizeBytes);
    form.append('file', new Blob([new Uint8Array(content)]), name);
  }
  return management.send('POST', '/releases', form);
}

/** Leads one device to its state. */
class Rehearsal {
  private readonly ddi: DdiDevice;
  private actionId = '';

  constructor(
    private readonly arrangement: Arrangement,
    private readonly releases: readonly Release[],
    private readonly controllerId: string,
  ) {
    this.ddi = new DdiDevice(arrangement.url, controllerId, `GatewayToken ${arrangement.gatewayToken}`);
  }

  /** Every other device has a token of its own. */
  async lead({ state, assignment, steps }: DeviceScript, number: number): Promise<FuzzDevice> {
    const { management } = this.arrangement;
    const { controllerId } = this;
    const made = number % 2 === 0 ? await this.register() : undefined;
    await this.ddi.poll();
    await expectOk(this.ddi.configData({ board: 'fuzzed', hwRevision: '1.0', sw_version: '1.0.0' }));
    if (assignment !== undefined) await this.assign(0, assignment);
    for (const step of steps) await this.take(step);
    const actions = await management.actions(controllerId);
    const actionIds = actions.map(({ id }) => id).sort((a, b) => Number(b) - Number(a));
    return { controllerId, state, targetToken: made, actionIds };
  }

  private async register(): Promise<string> {
    const { controllerId } = this;
    const made = await this.arrangement.management.send<{ targetToken: string }>('POST', '/devices', {
      controllerId,
    });
    return made.targetToken;
  }

  private async assign(which: number, terms: Readonly<Record<string, unknown>>): Promise<void> {
    const { management } = this.arrangement;
    const release = this.releases[which]?.id;
    await management.send('POST', '/assignments', { release, devices: [this.controllerId], ...terms });
    const [newest] = await management.actions(this.controllerId);
    if (this.actionId === '') this.actionId = newest?.id ?? '';
  }

  private async take(step: Step): Promise<void> {
    const { ddi, actionId } = this;
    const { management } = this.arrangement;
    const [verb, ...words] = step.split(/[ /]/);
    const [execution = '', finished = ''] = words;
    const taking: Readonly<Record<string, () => Promise<unknown>>> = {
      poll: () => ddi.poll(),
      retrieve: () => expectOk(ddi.deployment(actionId)),
      download: () => this.download(),
      cancel: () => management.cancelAction(actionId),
      'read-cancel': () => expectOk(ddi.request('GET', `/cancelAction/${actionId}`)),
      confirm: () => this.post(`/confirmationBase/${actionId}/feedback`, { confirmation: 'confirmed' }),
      consent: () => this.post('/confirmationBase/activateAutoConfirm', {}),
      'fill-log': () => this.fillLog(),
      'assign-another': () => this.assign(1, { type: 'forced', confirmation: false }),
      prove: () => expectOk(ddi.configData({ sw_version: '2.0.0' })),
      say: () => expectOk(ddi.feedback(actionId, execution, finished)),
    };
    await taking[verb ?? '']?.();
  }

  private async post(path: string, body: object): Promise<void> {
    await expectOk(this.ddi.request('POST', path, { body: JSON.stringify(body) }));
  }

  private async download(): Promise<void> {
    const [module] = this.releases[0]?.modules ?? [];
    const name = encodeURIComponent(module?.artifacts[0]?.fileName ?? '');
    await expectOk(this.ddi.request('GET', `/softwaremodules/${module?.id ?? ''}/artifacts/${name}`));
  }

  /** Until the server takes no more. */
  private async fillLog(): Promise<void> {
    for (let entries = 0; entries < LOG_ENTRIES; entries += 1) {
      const answer = await this.ddi.feedback(this.actionId, 'proceeding');
      await answer.arrayBuffer();
      if (answer.status === 429) return;
    }
  }
}

async function expectOk(answer: Promise<Response>): Promise<void> {
  const { status, url, ...rest } = await answer.then(async (one) => ({
    status: one.status,
    url: one.url,
    body: await one.text(),
  }));
  if (status !== 200) throw new Error(`${url} was answered ${status}: ${rest.body}`);
}
