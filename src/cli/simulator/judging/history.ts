/** What the oracle needs of the management API's answers. */
export interface ShownDevice {
  readonly controllerId: string;
  readonly installedVersion?: string;
  readonly isVersionReported: boolean;
}

export interface ShownAction {
  readonly id: string;
  readonly controllerId: string;
  readonly releaseId: string;
  readonly rolloutId?: string;
  readonly state: string;
  readonly hasProof: boolean;
  readonly endedBy?: 'device' | 'server' | 'cancel';
  readonly isCorrected: boolean;
  readonly retrievedAt?: string;
}

export interface ShownEntry {
  readonly source: 'device' | 'server';
  readonly status: string;
}

export interface ShownRollout {
  readonly id: string;
  readonly name: string;
  readonly admitted: number;
  readonly devices: Readonly<Record<string, number>>;
}

interface Page<T> {
  readonly items: readonly T[];
  readonly nextCursor?: string;
}

/** The management API did not answer as it should. */
export class HistoryError extends Error {}

const PAGE = 1000;

/** The server's history, read through the management API like anybody else would. */
export class History {
  constructor(
    private readonly url: string,
    private readonly apiToken: string,
  ) {}

  devices(): Promise<ShownDevice[]> {
    return this.list('devices');
  }

  rollouts(): Promise<ShownRollout[]> {
    return this.list('rollouts');
  }

  /** Newest first. */
  actions(controllerId: string): Promise<ShownAction[]> {
    return this.list(`devices/${encodeURIComponent(controllerId)}/actions`);
  }

  /** Oldest first. */
  log(actionId: string): Promise<ShownEntry[]> {
    return this.list(`actions/${actionId}/log`);
  }

  private async list<T>(path: string): Promise<T[]> {
    const items: T[] = [];
    let cursor: string | undefined;
    do {
      const more = cursor === undefined ? '' : `&cursor=${encodeURIComponent(cursor)}`;
      const page = await this.get<Page<T>>(`${path}?limit=${PAGE}${more}`);
      items.push(...page.items);
      cursor = page.nextCursor;
    } while (cursor !== undefined);
    return items;
  }

  private async get<T>(path: string): Promise<T> {
    const url = `${this.url}/api/v1/${path}`;
    let response: Response;
    try {
      response = await fetch(url, { headers: { Authorization: `Bearer ${this.apiToken}` } });
    } catch (error) {
      throw new HistoryError(`GET ${url} was not answered`, { cause: error });
    }
    if (!response.ok)
      throw new HistoryError(`GET ${url} was answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}

/** Maps with so many calls under way at a time; answers in the order of the items. */
export async function mapSome<T, R>(
  items: readonly T[],
  most: number,
  map: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results[index] = await map(item);
  };
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker));
  return results;
}
