import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';

/** A resource as the API shows it: what the tests need is named, the rest is there and unknown. */
type Shown<Known> = Readonly<Known & Record<string, unknown>>;

/** A file of a release. */
export type ArtifactView = Shown<{ fileName: string; sizeBytes: number; sha256: string }>;
/** A release. */
export type ReleaseView = Shown<{
  id: string;
  name: string;
  version: string;
  modules: readonly { readonly artifacts: readonly ArtifactView[] }[];
}>;
/** A feed. */
export type FeedView = Shown<{ id: string; name: string }>;
/** A device. */
export type DeviceView = Shown<{
  controllerId: string;
  installedVersion?: string;
  lastSeenAt?: string;
  attributes: Readonly<Record<string, string>>;
}>;
/** A rollout. */
export type RolloutView = Shown<{
  id: string;
  name: string;
  state: string;
  admitted: number;
  devices: Readonly<Record<string, number>>;
}>;
/** An action. */
export type ActionView = Shown<{ id: string; state: string }>;
/** An entry of an action's log: one report of the device, or one thing that the server did. */
export type ActionLogEntry = Shown<{
  seq: number;
  at: string;
  source: string;
  status: string;
  messages: readonly string[];
}>;
/** Why a device gets what it gets. */
export type Explanation = Shown<{ decision: Shown<{ kind: string; reason?: string }> }>;
/** A page of a list; without `nextCursor` it is the last. */
export interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** An answer that is not 2xx. */
export class ManagementError extends Error {
  constructor(
    readonly request: string,
    readonly status: number,
    readonly body: string,
  ) {
    super(`${request} answers ${status}: ${body}`);
    this.name = 'ManagementError';
  }
}

/** The management API, as a script of an operator would use it. */
export class Management {
  constructor(
    private readonly serverUrl: string,
    private readonly token: string,
  ) {}

  /** Uploads bundles as one release; without `fields` the server reads name and version from the bundle. */
  async uploadRelease(
    paths: readonly string[],
    fields: Readonly<Record<string, string>> = {},
  ): Promise<ReleaseView> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) {
      form.append(name, value);
    }
    for (const path of paths) {
      form.append('file', new Blob([await readFile(path)]), basename(path));
    }
    return this.send('POST', '/releases', form);
  }

  /** All releases, all pages. */
  async releases(): Promise<readonly ReleaseView[]> {
    return this.all('/releases');
  }

  /** The bytes of a file of a release; fails when fewer come than were announced. */
  async download(releaseId: string, fileName: string): Promise<Buffer> {
    const path = `/releases/${releaseId}/artifacts/${encodeURIComponent(fileName)}`;
    const answer = await fetch(`${this.serverUrl}/api/v1${path}`, {
      headers: { authorization: `Bearer ${this.token}`, connection: 'close' },
    });
    if (!answer.ok) {
      throw new ManagementError(`GET ${path}`, answer.status, await answer.text());
    }
    return Buffer.from(await answer.arrayBuffer());
  }

  /** Makes a feed. */
  async createFeed(feed: Shown<{ name: string }>): Promise<FeedView> {
    return this.send('POST', '/feeds', feed);
  }

  /** Changes a device: its feed, mode, pin … */
  async patchDevice(controllerId: string, change: Readonly<Record<string, unknown>>): Promise<DeviceView> {
    return this.send('PATCH', devicePath(controllerId), change);
  }

  /** Makes a rollout, as a draft. A device's word is enough, unless it is said otherwise. */
  async createRollout(
    rollout: Shown<{ name: string; feed: string; releaseId: string; confirms?: 'version' | 'report' }>,
  ): Promise<RolloutView> {
    return this.send('POST', '/rollouts', { confirms: 'report', ...rollout });
  }

  /** Starts a rollout. */
  async startRollout(id: string): Promise<RolloutView> {
    return this.send('POST', `/rollouts/${id}/start`);
  }

  /** Pauses a rollout. */
  async pauseRollout(id: string): Promise<RolloutView> {
    return this.send('POST', `/rollouts/${id}/pause`);
  }

  /** Makes a rollout and starts it. */
  async rollOut(rollout: Shown<{ name: string; feed: string; releaseId: string }>): Promise<RolloutView> {
    return this.startRollout((await this.createRollout(rollout)).id);
  }

  /** A rollout as it is now. */
  async rollout(id: string): Promise<RolloutView> {
    return this.send('GET', `/rollouts/${id}`);
  }

  /** A device as it is now. */
  async device(controllerId: string): Promise<DeviceView> {
    return this.send('GET', devicePath(controllerId));
  }

  /** The actions of a device, all pages. */
  async actions(controllerId: string): Promise<readonly ActionView[]> {
    return this.all(`${devicePath(controllerId)}/actions`);
  }

  /** An action as it is now. */
  async action(id: string): Promise<ActionView> {
    return this.send('GET', `/actions/${id}`);
  }

  /** The log of an action, all pages. */
  async actionLog(id: string): Promise<readonly ActionLogEntry[]> {
    return this.all(`/actions/${id}/log`);
  }

  /** Asks the device to give an action up. */
  async cancelAction(id: string): Promise<ActionView> {
    return this.send('POST', `/actions/${id}/cancel`);
  }

  /** Why a device is (not) updating. */
  async explain(controllerId: string): Promise<Explanation> {
    return this.send('GET', `${devicePath(controllerId)}/explain`);
  }

  /** Any request that has no method of its own here; `path` begins behind `/api/v1`. */
  async send<T>(method: string, path: string, body?: FormData | object): Promise<T> {
    const isForm = body instanceof FormData;
    const answer = await fetch(`${this.serverUrl}/api/v1${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        accept: 'application/json',
        // A pooled connection would outlive a server that a test kills, and fail the next request.
        connection: 'close',
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new ManagementError(`${method} ${path}`, answer.status, text);
    }
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  private async all<T>(path: string): Promise<readonly T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const query: string = cursor === undefined ? '' : `?${new URLSearchParams({ cursor }).toString()}`;
      const page: Page<T> = await this.send('GET', `${path}${query}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return items;
  }
}

function devicePath(controllerId: string): string {
  return `/devices/${encodeURIComponent(controllerId)}`;
}
