import type { Management } from '../e2e/support/management';
import { DdiDevice } from '../support/ddi-device';
import type { DeviceScript, Step, Terms } from './device-scripts';
import type { FuzzDevice } from './world';

/** Low, so that a log is soon full. */
export const LOG_ENTRIES = 30;

/** Where everything is arranged. */
export interface Arrangement {
  readonly url: string;
  readonly management: Management;
  readonly gatewayToken: string;
  readonly devicesPerState: number;
}

/** As the management API shows it. */
export interface FuzzRelease {
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly modules: readonly {
    readonly id: string;
    readonly artifacts: readonly { readonly fileName: string }[];
  }[];
}

/** Leads the devices of one script to where it ends: all at once, but for the steps that give ids. */
export class Rehearsal {
  private readonly devices: readonly DdiDevice[];
  private readonly tokens = new Map<string, string>();
  private readonly actionIds = new Map<string, string[]>();

  constructor(
    private readonly arrangement: Arrangement,
    private readonly releases: readonly FuzzRelease[],
    private readonly ids: readonly string[],
  ) {
    const authorization = `GatewayToken ${arrangement.gatewayToken}`;
    this.devices = ids.map((controllerId) => new DdiDevice(arrangement.url, controllerId, authorization));
  }

  async lead({ state, assignment, steps, another }: DeviceScript): Promise<FuzzDevice[]> {
    for (const [number, device] of this.devices.entries()) {
      // Every other device has a token of its own; the rest are made by their first polls.
      if (number % 2 === 0) await this.register(device.controllerId);
      await device.poll();
    }
    const attributes = { board: 'fuzzed', hwRevision: '1.0', sw_version: '1.0.0' };
    await this.each((device) => expectOk(device.configData(attributes)));
    if (assignment !== undefined) await this.assign(0, assignment);
    await this.each(async (device) => {
      for (const step of steps) await this.take(device, step);
    });
    if (another !== undefined) await this.assign(1, another);
    return this.ids.map((controllerId) => ({
      ...{ controllerId, state, targetToken: this.tokens.get(controllerId) },
      actionIds: this.actionIds.get(controllerId) ?? [],
    }));
  }

  private async register(controllerId: string): Promise<void> {
    const { management } = this.arrangement;
    const made = await management.send<{ targetToken: string }>('POST', '/devices', { controllerId });
    this.tokens.set(controllerId, made.targetToken);
  }

  private async each(act: (device: DdiDevice) => Promise<void>): Promise<void> {
    await Promise.all(this.devices.map(act));
  }

  private async assign(which: number, terms: Terms): Promise<void> {
    const { management } = this.arrangement;
    const release = this.releases[which]?.id;
    await management.send('POST', '/assignments', { release, devices: this.ids, ...terms });
    await this.each(async ({ controllerId }) => {
      const actions = await management.actions(controllerId);
      const ids = actions.map(({ id }) => id).sort((a, b) => Number(b) - Number(a));
      this.actionIds.set(controllerId, ids);
    });
  }

  private async take(device: DdiDevice, step: Step): Promise<void> {
    const actionId = this.actionIds.get(device.controllerId)?.[0] ?? '';
    const [verb, execution = '', finished = ''] = step.split(/[ /]/);
    const taking: Readonly<Record<string, () => Promise<unknown>>> = {
      poll: () => device.poll(),
      retrieve: () => expectOk(device.deployment(actionId)),
      download: () => expectOk(device.request('GET', this.firstFile())),
      cancel: () => this.arrangement.management.cancelAction(actionId),
      'read-cancel': () => expectOk(device.request('GET', `/cancelAction/${actionId}`)),
      confirm: () => post(device, `/confirmationBase/${actionId}/feedback`, { confirmation: 'confirmed' }),
      consent: () => post(device, '/confirmationBase/activateAutoConfirm', {}),
      'fill-log': () => fillLog(device, actionId),
      prove: () => expectOk(device.configData({ sw_version: '2.0.0' })),
      say: () => expectOk(device.feedback(actionId, execution, finished)),
    };
    await taking[verb ?? '']?.();
  }

  private firstFile(): string {
    const [module] = this.releases[0]?.modules ?? [];
    return `/softwaremodules/${module?.id ?? ''}/artifacts/${encodeURIComponent(module?.artifacts[0]?.fileName ?? '')}`;
  }
}

async function post(device: DdiDevice, path: string, body: object): Promise<void> {
  await expectOk(device.request('POST', path, { body: JSON.stringify(body) }));
}

/** Until the server takes no more. */
async function fillLog(device: DdiDevice, actionId: string): Promise<void> {
  for (let entries = 0; entries < LOG_ENTRIES; entries += 1) {
    const answer = await device.feedback(actionId, 'proceeding');
    await answer.arrayBuffer();
    if (answer.status === 429) return;
  }
}

async function expectOk(asked: Promise<Response>): Promise<void> {
  const answer = await asked;
  const body = await answer.text();
  if (answer.status !== 200) throw new Error(`${answer.url} was answered ${answer.status}: ${body}`);
}
