import { eventually } from './eventually';
import { readInstalledVersion, swuFixture } from './installed-image';
import type {
  ActionLogEntry,
  ActionView,
  DeviceView,
  Explanation,
  Management,
  ReleaseView,
  RolloutView,
} from './management';

const ENDED = ['confirmed', 'failed', 'cancelled', 'timed-out', 'lapsed', 'withdrawn'];

/** What stood in the books after one update, and what was really on the device. */
export interface Episode {
  readonly action: ActionView;
  readonly log: readonly ActionLogEntry[];
  readonly device: DeviceView;
  readonly rollout: RolloutView;
  readonly explanation: Explanation;
  readonly onStorage: string;
}

/** Somebody who rolls releases out to single devices and looks what becomes of it. */
export class Operator {
  constructor(readonly management: Management) {}

  /** Waits until the server has heard of a device, attributes included, and puts it on a feed of its own. */
  async adopt(controllerId: string): Promise<DeviceView> {
    const device = await eventually(async () => {
      const shown = await this.management.device(controllerId);
      expect(shown.attributes).toHaveProperty('board');
      return shown;
    });
    await this.management.createFeed({ name: controllerId });
    await this.management.patchDevice(controllerId, { feed: controllerId });
    return device;
  }

  /** Uploads bundles (fixtures by name, others by path) as a release of this feed. */
  async release(
    feed: string,
    bundles: readonly string[],
    fields: Readonly<Record<string, string>> = {},
  ): Promise<ReleaseView> {
    const paths = bundles.map((bundle) => (bundle.includes('/') ? bundle : swuFixture(bundle)));
    return this.management.uploadRelease(paths, {
      name: `${feed}-${bundles[0]?.replace(/^.*\//, '') ?? ''}`,
      ...fields,
    });
  }

  /** Uploads a fixture and starts a rollout of it on the device's feed. */
  async rollOut(
    feed: string,
    fixture: string,
    fields: Readonly<Record<string, string>> = {},
  ): Promise<RolloutView> {
    return this.start(feed, await this.release(feed, [fixture], fields));
  }

  /** Starts a rollout on the device's feed; `terms` are those of the API. */
  async start(feed: string, release: ReleaseView, terms: object = {}): Promise<RolloutView> {
    const name = `${feed}-${release.id}`;
    return this.management.rollOut({ name, feed, releaseId: release.id, ...terms });
  }

  /** The newest action that a rollout made for a device. */
  async actionOf(controllerId: string, rollout: RolloutView): Promise<ActionView> {
    const actions = await this.management.actions(controllerId);
    const [action] = actions
      .filter((candidate) => candidate['rolloutId'] === rollout.id)
      .sort((one, other) => Number(other.id) - Number(one.id));
    if (action === undefined) {
      throw new Error(`rollout ${rollout.id} has made no action`);
    }
    return action;
  }

  /** Waits for such an action. */
  async untilOffered(controllerId: string, rollout: RolloutView): Promise<ActionView> {
    return eventually(() => this.actionOf(controllerId, rollout));
  }

  async untilEnded(controllerId: string, rollout: RolloutView): Promise<ActionView> {
    return eventually(
      async () => {
        const action = await this.actionOf(controllerId, rollout);
        expect(ENDED).toContain(action.state);
        return action;
      },
      { timeoutMs: 60_000 },
    );
  }

  /** The end of an action in the given state. */
  async untilState(actionId: string, state: string): Promise<ActionView> {
    return eventually(
      async () => {
        const action = await this.management.action(actionId);
        expect(action.state).toBe(state);
        return action;
      },
      { timeoutMs: 60_000 },
    );
  }

  /** Until then the version is only believed. */
  async untilReported(controllerId: string, version: string): Promise<DeviceView> {
    return eventually(async () => {
      const device = await this.management.device(controllerId);
      expect(device).toMatchObject({ isVersionReported: true, installedVersion: version });
      return device;
    });
  }

  /** Waits for the end and writes down how everything stands. */
  async record(controllerId: string, rollout: RolloutView): Promise<Episode> {
    const action = await this.untilEnded(controllerId, rollout);
    return {
      action,
      log: await this.management.actionLog(action.id),
      device: await this.management.device(controllerId),
      rollout: await this.management.rollout(rollout.id),
      explanation: await this.management.explain(controllerId),
      onStorage: await readInstalledVersion(),
    };
  }
}

/** What the device itself said about an action. */
export function deviceWords({ log }: Pick<Episode, 'log'>): string {
  return log
    .filter((entry) => entry.source === 'device')
    .flatMap((entry) => entry.messages)
    .join('\n');
}
