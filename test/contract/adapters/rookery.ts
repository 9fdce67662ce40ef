import type {
  ActionName,
  ActionRecord,
  Adapter,
  AssignPlan,
  CreatedRelease,
  DeviceRecord,
  LogRecord,
  ReleasePlan,
  Undo,
} from './adapter';
import { bareAddress } from './adapter';
import { ApiClient } from './api-client';
import type { Need, Settings } from '../runner/contract-case';

const WORDS: Readonly<Record<string, ActionRecord['state']>> = {
  'awaiting-confirmation': 'waiting',
  cancelling: 'cancelling',
  cancelled: 'cancelled',
  withdrawn: 'cancelled',
  'timed-out': 'failed',
  failed: 'failed',
  confirmed: 'finished',
  lapsed: 'finished',
};

/** hawkBit's words for the entries of a log. Of a cancel's entries only the number is compared. */
const KINDS: Readonly<Record<string, string>> = {
  proceeding: 'running',
  scheduled: 'running',
  resumed: 'running',
  rejected: 'warning',
  'closed/success': 'finished',
  'closed/none': 'finished',
  'closed/failure': 'error',
};

/** What hawkBit's tests start their server with and a tenant of Rookery sets for itself. */
const ARRANGED: Readonly<Partial<Record<Need, object>>> = {
  'test-quotas': { quotas: { logEntries: 100, attributes: 10 } },
  'no-addresses': { keepsAddresses: false },
  'open-artifacts': { guardsArtifacts: false },
};

export interface RookeryAccess {
  readonly url: string;
  /** An administrator's API token. */
  readonly token: string;
  readonly tenant?: string;
  /** One that is in force; a new one is made when left out. */
  readonly gatewayToken?: string;
}

/** Rookery through its own management API. */
export class RookeryAdapter implements Adapter {
  readonly dialect = 'rookery';
  readonly tenant: string;
  private readonly api: ApiClient;
  private gatewayToken: string;
  private madeTokenId: string | undefined;

  constructor(access: RookeryAccess) {
    this.tenant = access.tenant ?? 'DEFAULT';
    this.api = new ApiClient(`${access.url}/api/v1`, `Bearer ${access.token}`);
    this.gatewayToken = access.gatewayToken ?? '';
  }

  async open(): Promise<void> {
    if (this.gatewayToken !== '') return;
    const name = `contract tests ${new Date().toISOString()}`;
    const made = await this.api.post<{ id: string; token: string }>('/gateway-tokens', { name });
    this.gatewayToken = made.token;
    this.madeTokenId = made.id;
  }

  async close(): Promise<void> {
    if (this.madeTokenId !== undefined) await this.api.delete(`/gateway-tokens/${this.madeTokenId}`);
  }

  deviceHeaders(): Record<string, string> {
    return { Authorization: `GatewayToken ${this.gatewayToken}` };
  }

  async createDevice(controllerId: string): Promise<{ token: string }> {
    const { targetToken } = await this.api.post<{ targetToken: string }>('/devices', { controllerId });
    return { token: targetToken };
  }

  async device(controllerId: string): Promise<DeviceRecord> {
    const device = await this.api.get<RookeryDevice>(`/devices/${controllerId}`);
    return {
      updateStatus: device.updateStatus,
      assigned: await this.assignedTo(controllerId, device),
      installed: device.installedReleaseId ?? null,
      installedAt: device.installedAt ?? null,
      lastSeenAt: device.lastSeenAt ?? null,
      address: bareAddress(device.address),
      attributes: device.attributes,
      wantsAttributes: device.wantsAttributes,
      autoConfirm: autoConfirmOf(device.autoConfirm),
      createdBy: device.createdBy,
      createdAt: device.createdAt,
      mark: device.revision,
    };
  }

  /** hawkBit's "assigned": what the last action that was not taken back is about, and nothing once that failed. */
  private async assignedTo(controllerId: string, device: RookeryDevice): Promise<string | null> {
    const actions = await this.allActions(controllerId);
    const last = actions.find(({ state }) => WORDS[state] !== 'cancelled');
    if (last === undefined) return device.installedReleaseId ?? null;
    return WORDS[last.state] === 'failed' ? null : last.releaseId;
  }

  async requestAttributes(controllerId: string): Promise<void> {
    await this.api.post(`/devices/${controllerId}/request-attributes`);
  }

  /** hawkBit's group is a feed here. */
  async putIntoGroup(controllerId: string, group: string): Promise<void> {
    await this.api.post('/feeds', { name: group });
    await this.api.patch(`/devices/${controllerId}`, { feed: group });
  }

  async autoConfirm(controllerId: string, by: { initiator?: string; remark?: string }): Promise<void> {
    await this.api.patch(`/devices/${controllerId}`, { autoConfirm: by });
  }

  async createRelease(plan: ReleasePlan): Promise<CreatedRelease> {
    const made = await this.api.upload<RookeryRelease>('/releases', formOf(plan));
    return { id: made.id, modules: plan.modules.map((module) => createdModule(made, module)) };
  }

  async assign(plan: AssignPlan): Promise<string[]> {
    const { releaseId: release, controllerIds: devices, ...rest } = plan;
    const made = await this.api.post<{ actions: { id: string; controllerId: string }[] }>('/assignments', {
      release,
      devices,
      ...rest,
    });
    return devices.flatMap(
      (name) => made.actions.find(({ controllerId }) => controllerId === name)?.id ?? [],
    );
  }

  async cancel({ id }: ActionName, isForced: boolean): Promise<void> {
    await this.api.post(`/actions/${id}/cancel`, { force: isForced });
  }

  async action({ id }: ActionName): Promise<ActionRecord> {
    return actionRecord(await this.api.get<RookeryAction>(`/actions/${id}`));
  }

  async actionsOf(controllerId: string): Promise<ActionRecord[]> {
    return (await this.allActions(controllerId)).map(actionRecord);
  }

  /** Newest first. */
  private async allActions(controllerId: string): Promise<RookeryAction[]> {
    const { items } = await this.api.get<{ items: RookeryAction[] }>(
      `/devices/${controllerId}/actions?limit=100`,
    );
    return items;
  }

  async logOf({ id }: ActionName): Promise<LogRecord[]> {
    const { items } = await this.api.get<{ items: RookeryEntry[] }>(`/actions/${id}/log?limit=200`);
    return items.map(({ status, messages }) => ({ kind: KINDS[status] ?? status, messages }));
  }

  change({ certificateAuthorities, ...wanted }: Settings): Promise<Undo> {
    if (certificateAuthorities === undefined) return this.settle(wanted);
    const list = (certificateAuthorities ?? '').split(/[,;]/).filter((one) => one !== '');
    return this.settle({ ...wanted, certificateAuthorities: list });
  }

  async arrange(need: Need): Promise<Undo | undefined> {
    const settings = ARRANGED[need];
    return settings === undefined ? undefined : this.settle(settings);
  }

  private async settle(wanted: object): Promise<Undo> {
    const before = await this.api.get<Record<string, unknown>>('/tenant/settings');
    await this.api.patch('/tenant/settings', wanted);
    const back = Object.fromEntries(Object.keys(wanted).map((key) => [key, before[key] ?? null]));
    return async () => {
      await this.api.patch('/tenant/settings', back);
    };
  }
}

interface RookeryDevice {
  readonly updateStatus: DeviceRecord['updateStatus'];
  readonly installedReleaseId?: string;
  readonly installedAt?: string;
  readonly lastSeenAt?: string;
  readonly address?: string;
  readonly attributes: Record<string, string>;
  readonly wantsAttributes: boolean;
  readonly autoConfirm?: { readonly initiator?: string; readonly remark?: string };
  readonly createdBy: string;
  readonly createdAt: string;
  readonly revision: string;
}

interface RookeryAction {
  readonly id: string;
  readonly releaseId: string;
  readonly state: string;
  readonly endedAt?: string;
}

interface RookeryEntry {
  readonly status: string;
  readonly messages: readonly string[];
}

interface RookeryRelease {
  readonly id: string;
  readonly modules: readonly {
    readonly id: string;
    readonly name: string;
    readonly artifacts: readonly { readonly fileName: string; readonly createdAt: string }[];
  }[];
}

function actionRecord({ id, state, endedAt }: RookeryAction): ActionRecord {
  return { id, isActive: endedAt === undefined, state: WORDS[state] ?? 'running' };
}

function autoConfirmOf(shown: RookeryDevice['autoConfirm'] | null): DeviceRecord['autoConfirm'] {
  if (shown === undefined || shown === null) return null;
  return { initiator: shown.initiator ?? null, remark: shown.remark ?? null };
}

function formOf({ name, version, isRequiredStep, modules }: ReleasePlan): FormData {
  const form = new FormData();
  form.set('name', name);
  form.set('version', version);
  form.set('compatibility', '*');
  form.set('requiredStep', String(isRequiredStep));
  form.set('modules', JSON.stringify(modules.map(moduleField)));
  for (const { files } of modules)
    for (const file of files) form.append('file', new Blob([new Uint8Array(file.content)]), file.name);
  return form;
}

function moduleField({
  type,
  name,
  version,
  files,
  metadata,
  isEncrypted,
}: ReleasePlan['modules'][number]): object {
  return { type, name, version, files: files.map((file) => file.name), metadata, encrypted: isEncrypted };
}

function createdModule(
  made: RookeryRelease,
  plan: ReleasePlan['modules'][number],
): CreatedRelease['modules'][number] {
  const module = made.modules.find(({ name }) => name === plan.name);
  if (module === undefined) throw new Error(`the release has no module ${plan.name}`);
  const createdAt = (file: string): string =>
    module.artifacts.find(({ fileName }) => fileName === file)?.createdAt ?? '';
  return { id: module.id, filesCreatedAt: plan.files.map((file) => createdAt(file.name)) };
}
