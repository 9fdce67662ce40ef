import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { sampleBundle } from '../../src/cli/demo/staging/sample-bundle';
import type { Management } from '../e2e/support/management';

/** What the simulated devices are. */
const COMPATIBILITY = 'simulated:*';

const LOOK_MS = 100;

/** Whoever counts what comes of all devices wants no gate to close: of so large a sample never enough fail. */
const EVERYBODY: RolloutTerms = {
  attempts: 2,
  waves: [{ percentage: 100, gate: { failureShare: 99.99, sample: 1_000_000 } }],
};

/** What a rollout is made with beside its name, feed and release; as the management API takes it. */
export type RolloutTerms = Readonly<Record<string, unknown>>;

/** A rollout whose start was answered with 200. */
export interface Departure {
  readonly rolloutId: string;
  readonly version: string;
}

/**
 * Releases that wait as drafts of rollouts and are started one after the other, so that a fleet never runs out of work.
 * They are made beforehand: starting is a request that may be repeated after a crash, uploading is not.
 */
export class ReleaseTrain {
  readonly departures: Departure[] = [];
  private readonly waiting: Departure[] = [];

  constructor(
    private readonly management: Management,
    private readonly sizeBytes: number,
    private readonly terms = EVERYBODY,
  ) {}

  /** How many are left to start. */
  get left(): number {
    return this.waiting.length;
  }

  async load(releases: number): Promise<void> {
    for (let number = 0; number < releases; number += 1) {
      const version = `${this.departures.length + this.waiting.length + 2}.0.0`;
      const form = new FormData();
      for (const [field, value] of Object.entries({
        name: 'firmware',
        version,
        compatibility: COMPATIBILITY,
      }))
        form.append(field, value);
      form.append('file', new Blob([sampleBundle(version, randomBytes(this.sizeBytes))]), 'firmware.swu');
      const release = await this.management.send<{ id: string }>('POST', '/releases', form);
      const draft = { name: `to ${version}`, feed: 'default', releaseId: release.id, ...this.terms };
      const rollout = await this.management.createRollout(draft);
      this.waiting.push({ rolloutId: rollout.id, version });
    }
  }

  /** Starts the next rollout. False when it was not acknowledged, which proves nothing; it is next again. */
  async depart(): Promise<boolean> {
    const [next] = this.waiting;
    if (next === undefined) return false;
    try {
      await this.management.startRollout(next.rolloutId);
    } catch {
      return false;
    }
    this.waiting.shift();
    this.departures.push(next);
    return true;
  }

  /** Departs whenever `isWanted`, but not too soon after the last departure, until told to stop. */
  keepGoing(isWanted: () => boolean, headwayMs: number): () => Promise<void> {
    let isOver = false;
    const going = (async () => {
      let lastMs = performance.now();
      while (!isOver) {
        await delay(LOOK_MS);
        const isDue = performance.now() - lastMs >= headwayMs && isWanted();
        if (isDue && (await this.depart())) lastMs = performance.now();
      }
    })();
    return async () => {
      isOver = true;
      await going;
    };
  }

  /** Rollouts whose start was acknowledged and that offer nothing: none, or something acknowledged was lost. */
  async lostDepartures(): Promise<string[]> {
    const states = await Promise.all(
      this.departures.map(async ({ rolloutId }) => ({
        rolloutId,
        state: (await this.management.rollout(rolloutId)).state,
      })),
    );
    return states
      .filter(({ state }) => state !== 'running' && state !== 'finished')
      .map(({ rolloutId, state }) => `rollout ${rolloutId} was started with a 200 and is ${state}`);
  }
}
