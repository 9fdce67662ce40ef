import type { RolloutFigures } from '../model';

/** Of the management API's answers only what the demo looks at. */
export interface AuditEntry {
  readonly id: string;
  readonly kind: string;
  readonly subject: string;
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

export interface LogEntry {
  readonly source: 'device' | 'server';
  readonly status: string;
  readonly messages: readonly string[];
}

export interface KnownDevice {
  readonly controllerId: string;
  readonly installedVersion?: string;
  /** When it last said what it is. */
  readonly attributesAt?: string;
}

/** A file to be uploaded as a release. */
export interface NewRelease {
  readonly name: string;
  readonly version: string;
  readonly compatibility: string;
  readonly fileName: string;
  readonly content: Buffer<ArrayBuffer>;
}

export interface NewRollout {
  readonly name: string;
  readonly feed: string;
  readonly releaseId: string;
  readonly inFlightCap: number;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** The management API refused, or did not answer. */
export class ManagementError extends Error {}

const PAGE = 1000;

/** The management API, as any script of an operator would use it. */
export class Management {
  constructor(
    private readonly url: string,
    private readonly apiToken: string,
    private readonly signal: AbortSignal,
  ) {}

  async upload({ fileName, content, ...fields }: NewRelease): Promise<string> {
    const form = new FormData();
    for (const [name, value] of Object.entries(fields)) form.append(name, value);
    form.append('file', new Blob([content]), fileName);
    return (await this.ask<{ id: string }>('POST', 'releases', form)).id;
  }

  /** A rollout, made and started. */
  async rollOut(wish: NewRollout): Promise<RolloutFigures> {
    const { id } = await this.ask<{ id: string }>('POST', 'rollouts', JSON.stringify(wish));
    return this.ask('POST', `rollouts/${id}/start`);
  }

  rollout(id: string): Promise<RolloutFigures> {
    return this.ask('GET', `rollouts/${id}`);
  }

  devices(): Promise<KnownDevice[]> {
    return this.list('devices', () => true);
  }

  /** Oldest first. */
  log(actionId: string): Promise<LogEntry[]> {
    return this.list(`actions/${actionId}/log`, () => true);
  }

  /** What happened after the event `after`, newest first. */
  async audit(after: number): Promise<AuditEntry[]> {
    const isLater = ({ id }: AuditEntry): boolean => Number(id) > after;
    const entries = await this.list<AuditEntry>('audit', (page) => page.every(isLater));
    return entries.filter(isLater);
  }

  /** The number of the latest event. */
  async latestEvent(): Promise<number> {
    const page = await this.ask<Page<AuditEntry>>('GET', 'audit?limit=1');
    return Number(page.items[0]?.id ?? 0);
  }

  private async list<T>(path: string, wantsMore: (page: readonly T[]) => boolean): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === undefined ? {} : { cursor }) });
      const page: Page<T> = await this.ask('GET', `${path}?${query.toString()}`);
      items.push(...page.items);
      cursor = wantsMore(page.items) ? page.nextCursor : undefined;
    } while (cursor !== undefined);
    return items;
  }

  private async ask<T>(method: 'GET' | 'POST', path: string, body?: FormData | string): Promise<T> {
    const request = `${method} ${this.url}/api/v1/${path}`;
    const json = typeof body === 'string' ? { 'Content-Type': 'application/json' } : {};
    const answer = await fetch(`${this.url}/api/v1/${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.apiToken}`, ...json },
      signal: this.signal,
      ...(body === undefined ? {} : { body }),
    }).catch((error: unknown) => {
      throw new ManagementError(`${request} was not answered`, { cause: error });
    });
    if (!answer.ok)
      throw new ManagementError(`${request} was answered ${answer.status}: ${await answer.text()}`);
    return (await answer.json()) as T;
  }
}
