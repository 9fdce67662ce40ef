import { Injectable } from '@nestjs/common';
import { systemActor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { Database, type Sql } from '../../../platform/database/database';
import { claimRollout, lockPlanExclusive } from '../../../platform/database/locks';
import { recordEvent } from '../../../platform/events/event-log';
import { needsRemaining, passOf, sumOf, type Footing, type Passage } from './gate';
import { PlansService } from '../plan/plans.service';
import { PopulationRepository } from '../plan/population.repository';
import { RolloutGatesRepository, type Standing, type StandingWave } from './rollout-gates.repository';
import { RolloutProgressRepository } from './rollout-progress.repository';
import { RolloutsRepository } from '../rollouts.repository';

/** A rollout that may be due for a step. */
export interface DueRollout {
  readonly tenantId: string;
  readonly id: string;
}

/** What came of looking after a rollout. `busy`: somebody else was just at it. */
export type Progress = 'started' | 'soaking' | 'reset' | 'passed' | 'finished' | 'busy' | 'nothing';

/** A question that took longer rests {@link REST} times as long as it took: it has a small part of one connection. */
const LONG_MS = 50;
const REST = 20;

/** The current wave, and what its gate is asked with. */
interface Judged {
  readonly wave: StandingWave;
  readonly footing: Footing;
}

/** What was found out before a step; the step itself asks the rest once more, under its locks. */
interface Known extends Pick<Footing, 'remaining' | 'meansAnybody' | 'now'> {
  /** The wave that it was found out for: another scheduler may have passed it since. */
  readonly position: number;
}

/**
 * The steps that a rollout takes by itself. Each is looked at without a lock and taken in one transaction that holds the locks
 * of a plan change (tenant's plan first, then the rollout) and judges again: of two schedulers one takes it, the other finds it
 * taken, and one that dies leaves nothing half.
 */
@Injectable()
export class RolloutProgressService {
  /** When who remains may be asked again, by rollout and monotonic milliseconds. */
  private readonly restsUntilMs = new Map<string, number>();

  constructor(
    private readonly database: Database,
    private readonly gates: RolloutGatesRepository,
    private readonly rollouts: RolloutsRepository,
    private readonly steps: RolloutProgressRepository,
    private readonly plans: PlansService,
    private readonly population: PopulationRepository,
    private readonly clock: Clock,
  ) {}

  /** Starts a rollout whose time has come. */
  async start({ tenantId, id }: DueRollout, now: Date): Promise<Progress> {
    return this.changePlan(tenantId, id, async (tx) => {
      const standing = await this.gates.find(tx, tenantId, id);
      if (standing?.state !== 'scheduled' || (standing.startAt ?? now) > now) return 'nothing';
      const rollout = await this.rollouts.find(tx, tenantId, id);
      if (rollout === undefined) return 'nothing';
      await this.steps.layLanes(tx, tenantId, id, rollout.pace);
      await this.steps.setState(tx, tenantId, id, { state: 'running', now });
      await this.record(tx, tenantId, id, {
        kind: 'rollout.started',
        detail: { from: 'scheduled', to: 'running' },
      });
      return 'started';
    });
  }

  /** Passes the current wave of a running rollout, or notes since when all is well, or that it no longer is. */
  async proceed({ tenantId, id }: DueRollout, now: Date): Promise<Progress> {
    const standing = await this.gates.find(this.database, tenantId, id);
    if (standing?.state !== 'running') return 'nothing';
    const known = await this.lookAround(tenantId, standing, now);
    const judged = known === undefined ? undefined : judgedOf(standing, known);
    if (known === undefined || judged === undefined) return 'nothing';
    const passage = passageOf(judged);
    if (passage.kind === 'open') return this.pass({ tenantId, id }, known);
    return isNews(judged, passage) ? this.noteSoak({ tenantId, id }, known) : 'nothing';
  }

  private async pass({ tenantId, id }: DueRollout, known: Known): Promise<Progress> {
    return this.changePlan(tenantId, id, async (tx) => {
      const standing = await this.gates.find(tx, tenantId, id);
      const judged = standing?.state === 'running' ? judgedOf(standing, known) : undefined;
      if (standing === undefined || judged === undefined) return 'nothing';
      if (passageOf(judged).kind !== 'open') return 'nothing';
      const { position, counts } = judged.wave;
      const isLast = !standing.waves.some((wave) => wave.position > position);
      await this.steps.passWave(tx, tenantId, id, { position, by: 'gate', now: known.now });
      const { admitted, confirmed, failures } = counts;
      const detail = { wave: position, by: 'gate', admitted, confirmed, failures };
      await this.record(tx, tenantId, id, { kind: 'rollout.wave-passed', detail });
      if (!isLast) return 'passed';
      await this.record(tx, tenantId, id, {
        kind: 'rollout.finished',
        detail: { from: 'running', to: 'finished' },
      });
      return 'finished';
    });
  }

  /** Nobody decides by it, so it is no change of the plan. */
  private async noteSoak({ tenantId, id }: DueRollout, known: Known): Promise<Progress> {
    return this.database.transaction(async (tx) => {
      if (!(await claimRollout(tx, id))) return 'busy';
      const standing = await this.gates.find(tx, tenantId, id);
      const judged = standing?.state === 'running' ? judgedOf(standing, known) : undefined;
      if (judged === undefined) return 'nothing';
      const passage = passageOf(judged);
      if (!isNews(judged, passage)) return 'nothing';
      const since = isWell(passage) ? known.now : undefined;
      await this.gates.soak(tx, tenantId, id, { position: judged.wave.position, since });
      return since === undefined ? 'reset' : 'soaking';
    });
  }

  /**
   * Who else is there is asked only when the gate depends on it: before all is well, and when it is about to open. Not under
   * locks: on a large fleet the answer takes a while, and nobody would be admitted meanwhile. Undefined: it took so long the last
   * time that it is left alone for now.
   */
  private async lookAround(tenantId: string, standing: Standing, now: Date): Promise<Known | undefined> {
    const { id, currentWave: position } = standing;
    const wave = currentOf(standing);
    if (wave === undefined || !asksWhoRemains(wave, now))
      return { position, remaining: 0, meansAnybody: true, now };
    const beganAtMs = this.clock.monotonicMs();
    if (beganAtMs < (this.restsUntilMs.get(id) ?? 0)) return undefined;
    const found = await this.whoRemains(tenantId, standing, wave);
    const endedAtMs = this.clock.monotonicMs();
    const tookMs = endedAtMs - beganAtMs;
    if (tookMs > LONG_MS) this.restsUntilMs.set(id, endedAtMs + REST * tookMs);
    return { position, ...found, now };
  }

  private async whoRemains(
    tenantId: string,
    { id, waves }: Standing,
    { position }: StandingWave,
  ): Promise<Pick<Known, 'remaining' | 'meansAnybody'>> {
    const isBegun = sumOf(waves.map((wave) => wave.counts)).admitted > 0;
    const rollout = (await this.plans.current(tenantId)).rollouts.get(id);
    if (rollout === undefined) return { remaining: undefined, meansAnybody: isBegun };
    if (await this.population.hasRemaining(tenantId, rollout, position))
      return { remaining: undefined, meansAnybody: true };
    const meansAnybody = isBegun || (await this.population.hasRemaining(tenantId, rollout));
    return { remaining: 0, meansAnybody };
  }

  /** The tenant's plan is locked before the rollout, as everywhere; who cannot have the rollout at once leaves it. */
  private async changePlan(
    tenantId: string,
    id: string,
    work: (tx: Sql) => Promise<Exclude<Progress, 'busy'>>,
  ): Promise<Progress> {
    return this.database.transaction(async (tx) => {
      await lockPlanExclusive(tx, tenantId);
      if (!(await claimRollout(tx, id))) return 'busy';
      const progress = await work(tx);
      if (progress !== 'nothing') await this.gates.raisePlan(tx, tenantId);
      return progress;
    });
  }

  private async record(
    tx: Sql,
    tenantId: string,
    id: string,
    { kind, detail }: { kind: string; detail: Readonly<Record<string, unknown>> },
  ): Promise<void> {
    await recordEvent(tx, systemActor(tenantId), { kind, subject: `rollout:${id}`, detail });
  }
}

function currentOf({ waves, currentWave }: Standing): StandingWave | undefined {
  return waves.find(({ position }) => position === currentWave);
}

function judgedOf(standing: Standing, known: Known): Judged | undefined {
  const wave = currentOf(standing);
  if (wave?.position !== known.position) return undefined;
  const { counts, acknowledged, soakSince } = wave;
  return { wave, footing: { counts, acknowledged, soakSince, ...known } };
}

function passageOf({ wave, footing }: Judged): Passage {
  return passOf(wave.gate, footing);
}

function isWell({ kind }: Passage): boolean {
  return kind === 'soaking' || kind === 'manual' || kind === 'open';
}

/** Whether it has to be written that all is well now, or no longer. */
function isNews({ footing }: Judged, passage: Passage): boolean {
  return isWell(passage) === (footing.soakSince === undefined);
}

function asksWhoRemains({ gate, counts, acknowledged, soakSince }: StandingWave, now: Date): boolean {
  if (!needsRemaining(gate, { counts, acknowledged })) return false;
  return soakSince === undefined || now.getTime() - soakSince.getTime() >= gate.soakMs;
}
