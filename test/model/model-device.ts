import { setTimeout as delay } from 'node:timers/promises';
import { isDatabaseUnavailable } from '../../src/platform/database/database.errors';
import { DomainError } from '../../src/platform/errors/domain.error';
import type { DeviceName } from '../../src/modules/updates/sightings/sighting';
import type { Body, Replica } from '../property/support/replica';
import type { Console } from '../property/support/console';
import type { Stage } from '../property/support/stage';
import { Expectation, type Delivery } from './expectation';
import type { Random } from './random';

/** What all devices of a run share. */
export interface Run {
  readonly stage: Stage;
  readonly replicas: readonly Replica[];
  readonly console: Console;
  readonly random: Random;
  readonly kinds: Record<'original' | 'duplicate' | 'at once' | 'late', number>;
  deliveries: number;
  readonly most: number;
  /** How often a device came back with the same, since the server was too busy: devices are told 503 then. */
  comebacks: number;
}

const COMEBACK_MS = 500;
const MOST_COMEBACKS = 20;

const BODIES: Readonly<Record<Delivery, Body>> = {
  work: { execution: 'proceeding', finished: 'none' },
  remark: { execution: 'rejected', finished: 'none' },
  success: { execution: 'closed', finished: 'success' },
  failure: { execution: 'closed', finished: 'failure' },
};

/** What it says of itself when it has forgotten what was installed. */
const FORGETFUL = { board: 'board', hw_revision: '1', version: '1.0.0' };

/** Of so many earlier actions a device still has reports to deliver. */
const REMEMBERED = 3;

/**
 * One device of the model: it takes what it is offered and delivers its reports in any order, twice, at both instances at
 * once, and long after. One thing after the other, so that what must come of it is known.
 */
export class ModelDevice {
  readonly actions: { readonly id: string; readonly expected: Expectation }[] = [];
  private readonly name: DeviceName;

  constructor(
    private readonly run: Run,
    controllerId: string,
  ) {
    this.name = { tenantKey: run.stage.tenantKey, controllerId };
  }

  get latest(): Expectation | undefined {
    return this.actions.at(-1)?.expected;
  }

  /** One update with everything that is said about it. */
  async live(): Promise<void> {
    const { random } = this.run;
    const id = (await this.patient(() => this.replica().poll(this.name))).actionId;
    if (id !== undefined && this.actions.at(-1)?.id !== id)
      this.actions.push({ id, expected: new Expectation() });
    if (id !== undefined && random.chance(0.9))
      await this.tolerant(() => this.replica().fetch(this.name, id));
    for (const delivery of this.deliveries()) {
      if (this.run.deliveries >= this.run.most) return;
      await this.deliver(this.actions.length - 1, delivery);
      if (random.chance(0.02)) await this.cancel();
      if (random.chance(0.25)) await this.repeatOld();
    }
    // It forgets what it runs, so that there is something to offer again.
    if (this.latest?.state === 'confirmed')
      await this.patient(() => this.replica().configData(this.name, FORGETFUL));
  }

  /** What a device says of one update: some work, remarks and an end; in its order, or in any. */
  private deliveries(): Delivery[] {
    const { random } = this.run;
    const work = Array.from({ length: random.below(6) }, (): Delivery => 'work');
    const remarks = Array.from({ length: random.below(2) }, (): Delivery => 'remark');
    const end: Delivery = random.chance(0.6) ? 'success' : 'failure';
    const all = [...work, ...remarks, ...(random.chance(0.95) ? [end] : [])];
    return random.chance(0.2) ? random.shuffled(all) : all;
  }

  private async deliver(at: number, delivery: Delivery): Promise<void> {
    const { random, kinds } = this.run;
    const times = random.chance(0.3) ? 2 : 1;
    const isAtOnce = times === 2 && random.chance(0.5);
    if (times === 1) kinds.original += 1;
    else kinds[isAtOnce ? 'at once' : 'duplicate'] += 1;
    if (isAtOnce) await Promise.all([0, 1].map((side) => this.send(at, delivery, side)));
    else for (let time = 0; time < times; time += 1) await this.send(at, delivery, random.below(2));
  }

  /** A report about an action from before. */
  private async repeatOld(): Promise<void> {
    const { random, kinds } = this.run;
    const back = this.actions.length - 2 - random.below(REMEMBERED);
    if (back < 0) return;
    kinds.late += 1;
    const delivery = (['work', 'success', 'failure'] as const)[random.below(3)]!;
    await this.send(back, delivery, random.below(2));
  }

  private async send(at: number, delivery: Delivery, side: number): Promise<void> {
    const action = this.actions[at];
    if (action === undefined) return;
    this.run.deliveries += 1;
    await this.tolerant(() => this.run.replicas[side]!.feedback(this.name, action.id, BODIES[delivery]));
    const before = action.expected.state;
    action.expected.deliver(delivery);
    // What a late success has installed is not installed once more.
    if (before === 'cancelled' && action.expected.state === 'confirmed')
      for (const other of this.actions) other.expected.cancel();
  }

  private async cancel(): Promise<void> {
    const action = this.actions.at(-1);
    if (action === undefined) return;
    await this.tolerant(() => this.run.console.cancel(this.run.stage.operator, action.id, true));
    action.expected.cancel();
  }

  private replica(): Replica {
    return this.run.replicas[this.run.random.below(2)]!;
  }

  /** Refusals are answers: a device that contradicts itself is told 410. */
  private async tolerant(work: () => Promise<unknown>): Promise<void> {
    try {
      await this.patient(work);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
    }
  }

  /** Whether the first try has reached the server, nobody knows; so it is one more duplicate, and has to count once. */
  private async patient<T>(work: () => Promise<T>): Promise<T> {
    for (let comebacks = 0; ; comebacks += 1) {
      try {
        return await work();
      } catch (error) {
        if (!isDatabaseUnavailable(error) || comebacks === MOST_COMEBACKS) throw error;
      }
      this.run.comebacks += 1;
      await delay(COMEBACK_MS);
    }
  }
}
