import { randomBytes } from 'node:crypto';
import type { Need, Settings } from '../runner/contract-case';
import type {
  ActionName,
  ActionRecord,
  Adapter,
  AssignPlan,
  CreatedRelease,
  DeviceRecord,
  LogRecord,
  ModulePlan,
  ReleasePlan,
  Undo,
} from './adapter';
import { bareAddress } from './adapter';
import { ApiClient, ApiError } from './api-client';
import { HawkbitConfiguration } from './hawkbit-configuration';

const STATES: Readonly<Record<string, ActionRecord['state']>> = {
  wait_for_confirmation: 'waiting',
  canceling: 'cancelling',
  canceled: 'cancelled',
  finished: 'finished',
  error: 'failed',
};
const TYPES = {
  forced: 'forced',
  soft: 'soft',
  'time-forced': 'timeforced',
  'download-only': 'downloadonly',
} as const;
/** A type of sets that takes the modules of every case; a fresh hawkBit has no module type `runtime`. */
const SET_TYPE = 'rookery_contract';
const MODULE_TYPES = ['os', 'runtime', 'application'] as const;

export interface HawkbitAccess {
  readonly url: string;
  /** With its tenant before a backslash where the server wants that: `DEFAULT\admin`. */
  readonly user: string;
  readonly password: string;
  readonly tenant?: string;
}

/**
 * hawkBit through /rest/v1, written from its API's description. It was never run: there is no hawkBit where Rookery is
 * built.
 */
export class HawkbitAdapter implements Adapter {
  readonly dialect = 'hawkbit';
  readonly tenant: string;
  private readonly api: ApiClient;
  private readonly configuration: HawkbitConfiguration;
  private readonly gatewayToken = randomBytes(16).toString('hex');
  private undo: Undo | undefined;

  constructor({ url, user, password, tenant = 'DEFAULT' }: HawkbitAccess) {
    this.tenant = tenant;
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    this.api = new ApiClient(`${url}/rest/v1`, authorization);
    this.configuration = new HawkbitConfiguration(this.api);
  }

  async open(): Promise<void> {
    this.undo = await this.configuration.put({
      'authentication.gatewaytoken.enabled': true,
      'authentication.gatewaytoken.key': this.gatewayToken,
      'authentication.targettoken.enabled': true,
    });
    await this.makeTypes();
  }

  async close(): Promise<void> {
    await this.undo?.();
  }

  deviceHeaders(): Record<string, string> {
    return { Authorization: `GatewayToken ${this.gatewayToken}` };
  }

  private async makeTypes(): Promise<void> {
    const ids: number[] = [];
    for (const key of MODULE_TYPES) {
      const known = await this.find<HawkbitId>('/softwaremoduletypes', `key==${key}`);
      const wish = [{ key, name: key, maxAssignments: 1 }];
      ids.push(known?.id ?? (await this.made('/softwaremoduletypes', wish)).id);
    }
    if ((await this.find('/distributionsettypes', `key==${SET_TYPE}`)) !== undefined) return;
    const optionalmodules = ids.map((id) => ({ id }));
    await this.made('/distributionsettypes', [{ key: SET_TYPE, name: SET_TYPE, optionalmodules }]);
  }

  private async find<T>(path: string, filter: string): Promise<T | undefined> {
    const { content } = await this.api.get<{ content: T[] }>(
      `${path}?limit=1&q=${encodeURIComponent(filter)}`,
    );
    return content[0];
  }

  /** hawkBit takes lists and answers with lists. */
  private async made(path: string, wishes: readonly object[]): Promise<HawkbitId> {
    const [first] = await this.api.post<HawkbitId[]>(path, wishes);
    if (first === undefined) throw new Error(`POST ${path} made nothing`);
    return first;
  }

  async createDevice(controllerId: string): Promise<{ token: string }> {
    await this.api.post('/targets', [{ controllerId, name: controllerId }]);
    const { securityToken } = await this.api.get<HawkbitTarget>(`/targets/${controllerId}`);
    return { token: securityToken ?? '' };
  }

  async device(controllerId: string): Promise<DeviceRecord> {
    const path = `/targets/${controllerId}`;
    const target = await this.api.get<HawkbitTarget>(path);
    return {
      updateStatus: target.updateStatus.replace('in_sync', 'in-sync') as DeviceRecord['updateStatus'],
      assigned: await this.setAt(`${path}/assignedDS`),
      installed: await this.setAt(`${path}/installedDS`),
      installedAt: instant(target.installedAt),
      lastSeenAt: instant(target.lastControllerRequestAt),
      address: bareAddress(target.address),
      attributes: await this.attributesOf(path),
      wantsAttributes: target.requestAttributes ?? false,
      autoConfirm: await this.autoConfirmOf(path),
      createdBy: target.createdBy === 'CONTROLLER_PLUG_AND_PLAY' ? 'plug-and-play' : target.createdBy,
      createdAt: instant(target.createdAt) ?? '',
      mark: `${target.lastModifiedBy ?? ''} ${target.lastModifiedAt ?? ''}`,
    };
  }

  private async setAt(path: string): Promise<string | null> {
    const set = await this.api.get<HawkbitId | undefined>(path);
    return set === undefined ? null : String(set.id);
  }

  private async attributesOf(path: string): Promise<Record<string, string>> {
    return (await this.api.get<Record<string, string> | undefined>(`${path}/attributes`)) ?? {};
  }

  private async autoConfirmOf(path: string): Promise<DeviceRecord['autoConfirm']> {
    try {
      const shown = await this.api.get<{ active: boolean; initiator?: string; remark?: string }>(
        `${path}/autoConfirm`,
      );
      return shown.active ? { initiator: shown.initiator ?? null, remark: shown.remark ?? null } : null;
    } catch (error) {
      if (error instanceof ApiError && error.status === 404) return null;
      throw error;
    }
  }

  async requestAttributes(controllerId: string): Promise<void> {
    await this.api.put(`/targets/${controllerId}`, { requestAttributes: true });
  }

  async putIntoGroup(controllerId: string, group: string): Promise<void> {
    await this.api.put(`/targets/${controllerId}`, { group });
  }

  async autoConfirm(controllerId: string, by: { initiator?: string; remark?: string }): Promise<void> {
    await this.api.post(`/targets/${controllerId}/autoConfirm/activate`, by);
  }

  async createRelease({ name, version, isRequiredStep, modules }: ReleasePlan): Promise<CreatedRelease> {
    const made: CreatedRelease['modules'][number][] = [];
    for (const module of modules) made.push(await this.makeModule(module));
    const set = { name, version, type: SET_TYPE, requiredMigrationStep: isRequiredStep };
    const { id } = await this.made('/distributionsets', [
      { ...set, modules: made.map((module) => ({ id: module.id })) },
    ]);
    return { id: String(id), modules: made };
  }

  private async makeModule(plan: ModulePlan): Promise<CreatedRelease['modules'][number]> {
    const { name, version, type, isEncrypted: encrypted, metadata, files } = plan;
    const { id } = await this.made('/softwaremodules', [{ name, version, type, encrypted }]);
    if (metadata.length > 0) {
      const notes = metadata.map(({ key, value, visible: targetVisible }) => ({ key, value, targetVisible }));
      await this.api.post(`/softwaremodules/${id}/metadata`, notes);
    }
    const filesCreatedAt: string[] = [];
    for (const file of files) {
      const form = new FormData();
      form.set('file', new Blob([new Uint8Array(file.content)]), file.name);
      const artifact = await this.api.upload<{ createdAt: number }>(`/softwaremodules/${id}/artifacts`, form);
      filesCreatedAt.push(instant(artifact.createdAt) ?? '');
    }
    return { id: String(id), filesCreatedAt };
  }

  async assign({ releaseId, controllerIds, type, ...terms }: AssignPlan): Promise<string[]> {
    const { forceAt, weight, window: maintenanceWindow, confirmation: confirmationRequired } = terms;
    const forcetime = forceAt === undefined ? undefined : Date.parse(forceAt);
    const wish = { type: TYPES[type], forcetime, weight, maintenanceWindow, confirmationRequired };
    const ids: string[] = [];
    // One by one: the answer does not say which action belongs to which target.
    for (const id of controllerIds) {
      const path = `/distributionsets/${releaseId}/assignedTargets`;
      const { assignedActions } = await this.api.post<{ assignedActions?: HawkbitId[] }>(path, [
        { id, ...wish },
      ]);
      ids.push(...(assignedActions ?? []).map((action) => String(action.id)));
    }
    return ids;
  }

  async cancel({ id, controllerId }: ActionName, isForced: boolean): Promise<void> {
    const path = `/targets/${controllerId}/actions/${id}`;
    await this.api.delete(path);
    // Only what is being cancelled can be forced to quit.
    if (isForced) await this.api.delete(`${path}?force=true`);
  }

  async action({ id, controllerId }: ActionName): Promise<ActionRecord> {
    return actionRecord(await this.api.get<HawkbitAction>(`/targets/${controllerId}/actions/${id}`));
  }

  async actionsOf(controllerId: string): Promise<ActionRecord[]> {
    const { content } = await this.api.get<{ content: HawkbitAction[] }>(
      `/targets/${controllerId}/actions?limit=500`,
    );
    return content.map(actionRecord);
  }

  async logOf({ id, controllerId }: ActionName): Promise<LogRecord[]> {
    const path = `/targets/${controllerId}/actions/${id}/status?limit=500&sort=id:ASC`;
    const { content } = await this.api.get<{ content: { type: string; messages: string[] }[] }>(path);
    return content.map(({ type, messages }) => ({ kind: type, messages }));
  }

  change(settings: Settings): Promise<Undo> {
    return this.configuration.put(HawkbitConfiguration.valuesOf(settings));
  }

  /** hawkBit takes all of these from its start. */
  arrange(_need: Need): Promise<undefined> {
    return Promise.resolve(undefined);
  }
}

interface HawkbitId {
  readonly id: number;
}

interface HawkbitTarget {
  readonly updateStatus: string;
  readonly installedAt?: number;
  readonly lastControllerRequestAt?: number;
  readonly address?: string;
  readonly securityToken?: string;
  readonly requestAttributes?: boolean;
  readonly createdBy: string;
  readonly createdAt: number;
  readonly lastModifiedBy?: string;
  readonly lastModifiedAt?: number;
}

interface HawkbitAction extends HawkbitId {
  readonly status: string;
  readonly detailStatus: string;
}

function actionRecord({ id, status, detailStatus }: HawkbitAction): ActionRecord {
  const isActive = status !== 'finished';
  // A download-only action ends as "downloaded".
  const state = STATES[detailStatus] ?? (isActive ? 'running' : 'finished');
  return { id: String(id), isActive, state };
}

function instant(milliseconds: number | undefined): string | null {
  return milliseconds === undefined ? null : new Date(milliseconds).toISOString();
}
