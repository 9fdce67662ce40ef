import { Injectable } from '@nestjs/common';
import { systemActor, type Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import type { Sql } from '../../../platform/database/database';
import { recordEvent } from '../../../platform/events/event-log';
import type { FailureKind } from '../../actions/action/action';
import { ReleasesService } from '../../releases/releases.service';
import { actOf, sumOf, tripOf, wholeOf, type Excess } from './gate';
import type { TripAct } from '../rollout/conduct';
import type { Halt } from '../rollout/rollout';
import { RolloutGatesRepository, type Standing } from './rollout-gates.repository';

/** A device of a wave that has just been counted as a failure. */
export interface CountedFailure {
  readonly tenantId: string;
  readonly rolloutId: string;
  /** As fixed at the device's admission. */
  readonly wave: number;
  readonly kind: FailureKind;
}

/**
 * Stops rollouts, in the transaction of the failure that crossed the line.
 *
 * The caller holds the locks of the rollout and of its release alone and took them before anything else but the tenant's plan: no
 * offer of either is admitted between the count and the commit, and after it every admission finds another state and another plan
 * revision.
 *
 * Why it may raise the plan's revision without the plan's lock: that lock keeps admissions from deciding by a plan that is
 * changing, and the only admissions that this change concerns are those of the rollout, which its own lock keeps out, and, when it
 * withdraws its release, those of the release in other rollouts, by mode `latest` and by assignment, which the release's lock keeps
 * out. What is forced is offered though it is withdrawn. Revisions are still given out one by one, since the plan's row is written last by everybody and held until the commit:
 * whoever reads revision n reads all that was committed with it and before.
 *
 * Why nobody waits in a circle: a failure holds no plan lock and never asks for one, so whoever holds the plan alone and waits
 * for the rollout (a verb, the scheduler) waits for somebody who waits for rows only. Rows are taken in one order, too: device,
 * action, lanes, tallies, release, rollout and its waves, the plan's row. An admission holds both locks shared and rows of its own
 * device; it is either over before a failure begins to count or begins after it.
 */
@Injectable()
export class RolloutGatesService {
  constructor(
    private readonly gates: RolloutGatesRepository,
    private readonly releases: ReleasesService,
    private readonly clock: Clock,
  ) {}

  /** Judges a counted failure against its wave, passed or not, and against the whole rollout. True when it stopped it. */
  async judge(tx: Sql, failure: CountedFailure): Promise<boolean> {
    const { tenantId, rolloutId, kind } = failure;
    if (kind === 'server') await this.gates.forgive(tx, tenantId, rolloutId, failure.wave);
    const standing = await this.gates.find(tx, tenantId, rolloutId);
    if (standing === undefined) return false;
    const halt = this.haltOf(standing, failure);
    if (halt === undefined) return false;
    const act = actOf(standing, halt.kind);
    if (act === undefined) return false;
    await this.stop(tx, systemActor(tenantId), { standing, halt, act });
    return true;
  }

  /** The next poll of every device decides by what this transaction commits. The last row that it writes. */
  async raisePlan(tx: Sql, tenantId: string): Promise<void> {
    await this.gates.raisePlan(tx, tenantId);
  }

  private haltOf(standing: Standing, { wave, kind }: CountedFailure): Halt | undefined {
    const at = this.clock.now().toISOString();
    const own = standing.waves.find(({ position }) => position === wave);
    if (kind === 'server') {
      const { failures = 0, finished = 0 } = own?.counts ?? {};
      return { kind: 'server', wave, failures, finished, at };
    }
    const ofWave = own === undefined ? undefined : tripOf(own.gate, own.counts, own.acknowledged);
    if (ofWave !== undefined) return { ...haltBy(ofWave), wave, at };
    const ofWhole = wholeTrip(standing);
    return ofWhole === undefined ? undefined : { ...haltBy(ofWhole), wave: undefined, at };
  }

  private async stop(
    tx: Sql,
    actor: Actor,
    { standing, halt, act }: { standing: Standing; halt: Halt; act: TripAct },
  ): Promise<void> {
    const { tenantId } = actor;
    const { id, releaseId, state: from } = standing;
    if (act === 'abort') await this.releases.withdrawIn(tx, actor, releaseId, `rollout:${id}`);
    const state = act === 'abort' ? 'aborted' : 'paused';
    await this.gates.halt(tx, tenantId, id, { state, halt });
    await recordEvent(tx, actor, {
      kind: 'rollout.tripped',
      subject: `rollout:${id}`,
      detail: { from, to: state, releaseId, ...halt },
    });
    await this.gates.raisePlan(tx, tenantId);
  }
}

function wholeTrip({ waves, acknowledged }: Standing): Excess | undefined {
  if (waves.length === 0) return undefined;
  const counts = sumOf(waves.map((wave) => wave.counts));
  return tripOf(wholeOf(waves.map((wave) => wave.gate)), counts, acknowledged);
}

function haltBy({ failures, finished }: Excess): Pick<Halt, 'kind' | 'failures' | 'finished'> {
  return { kind: 'failures', failures, finished };
}
