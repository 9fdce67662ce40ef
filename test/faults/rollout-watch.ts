import type { Client } from 'pg';
import { connect } from './connection';
import { pause } from './play';

/** How a rollout stands in one snapshot of the database. */
export interface Sample {
  readonly state: string;
  readonly confirmed: number;
  /** By the lanes' rows. */
  readonly inFlight: number;
  /** Actions that are not over. */
  readonly open: number;
  /** Devices with more than one of those. */
  readonly doubles: number;
  /** Counters that differ from the places of the devices. */
  readonly wrongTallies: number;
}

const SAMPLE = `
  SELECT rollout.state,
    (SELECT count(*) FROM rollout_device place WHERE place.rollout_id = rollout.id AND place.state = 'confirmed')::int AS confirmed,
    (SELECT coalesce(sum(in_flight), 0) FROM rollout_lane lane WHERE lane.rollout_id = rollout.id)::int AS "inFlight",
    (SELECT count(*) FROM action WHERE action.rollout_id = rollout.id AND ended_at IS NULL)::int AS open,
    (SELECT count(*) FROM (SELECT 1 FROM action WHERE ended_at IS NULL
        GROUP BY device_id HAVING count(*) > 1) AS device)::int AS doubles,
    (SELECT count(*) FROM (SELECT 1 FROM (
        SELECT wave, lane, state, devices FROM rollout_tally tally WHERE tally.rollout_id = rollout.id
        UNION ALL SELECT wave, lane, state, -1 FROM rollout_device place WHERE place.rollout_id = rollout.id) AS entry
       GROUP BY wave, lane, state HAVING sum(devices) <> 0) AS counter)::int AS "wrongTallies"
   FROM rollout WHERE rollout.id = $1`;

const KEPT = 10;

/** What must not be seen at any moment, whoever was killed just then; in words. */
export function faultsOf({ inFlight, open, doubles, wrongTallies }: Sample, cap: number): string[] {
  return [
    ...(inFlight > cap ? [`${inFlight} devices are under way, of ${cap} that may be`] : []),
    ...(inFlight === open ? [] : [`${inFlight} slots are taken by ${open} open actions`]),
    ...(doubles > 0 ? [`${doubles} devices have two open actions`] : []),
    ...(wrongTallies > 0 ? [`${wrongTallies} counters differ from the places of the devices`] : []),
  ];
}

/** In one snapshot. */
export async function lookAt(client: Client, rolloutId: string): Promise<Sample> {
  const [sample] = (await client.query<Sample>(SAMPLE, [rolloutId])).rows;
  if (sample === undefined) throw new Error(`rollout ${rolloutId} is not there`);
  return sample;
}

/** Looks at a rollout again and again, each time in one snapshot, while servers live and die. */
export class RolloutWatch {
  /** In words; has to be empty. */
  readonly faults: string[] = [];
  samples = 0;
  mostInFlight = 0;
  last: Sample = { state: 'draft', confirmed: 0, inFlight: 0, open: 0, doubles: 0, wrongTallies: 0 };
  private isOver = false;
  private looking: Promise<void> = Promise.resolve();

  private constructor(
    private readonly client: Client,
    private readonly rollout: { readonly id: string; readonly cap: number },
  ) {}

  static async begin(
    databaseUrl: string,
    rollout: { readonly id: string; readonly cap: number },
    everyMs: number,
  ): Promise<RolloutWatch> {
    const watch = new RolloutWatch(await connect(databaseUrl), rollout);
    watch.looking = watch.look(everyMs);
    return watch;
  }

  /** True once `isReached`; false when that took longer than `mostMs`. */
  async until(isReached: (sample: Sample) => boolean, mostMs: number): Promise<boolean> {
    const startedMs = performance.now();
    while (!isReached(this.last)) {
      if (performance.now() - startedMs > mostMs) return false;
      await pause(20);
    }
    return true;
  }

  async end(): Promise<void> {
    this.isOver = true;
    await this.looking;
    await this.client.end();
  }

  private async look(everyMs: number): Promise<void> {
    while (!this.isOver) {
      const sample = await lookAt(this.client, this.rollout.id);
      this.last = sample;
      this.samples += 1;
      this.mostInFlight = Math.max(this.mostInFlight, sample.inFlight);
      const faults = faultsOf(sample, this.rollout.cap).map(
        (fault) => `at ${sample.confirmed} confirmed: ${fault}`,
      );
      this.faults.push(...faults.slice(0, KEPT - this.faults.length));
      await pause(everyMs);
    }
  }
}
