import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Clock } from '../../../platform/clock/clock';
import { PlansService } from '../../rollouts/plan/plans.service';
import { RolloutProgressService } from '../../rollouts/gates/rollout-progress.service';
import { AbortSweepService } from './abort-sweep.service';
import { ReleasePaceService } from './release-pace.service';
import { RolloutSchedulerRepository, type DueRow } from './rollout-scheduler.repository';
import { SilenceSweepService } from './silence-sweep.service';

const ROUND_MS = 2000;
/** Silence is looked for so often in the time that it takes. */
const LOOKS_PER_SILENCE = 10;

/**
 * What rollouts do by themselves as time goes by: they start, pass their waves, miss devices, and call back what is under way
 * when they were aborted. Every replica runs it; each step is a transaction that finds out whether it is still to be done.
 */
@Injectable()
export class RolloutSchedulerService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(RolloutSchedulerService.name);
  private readonly listenedAtMs = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;

  constructor(
    private readonly repository: RolloutSchedulerRepository,
    private readonly progress: RolloutProgressService,
    private readonly silence: SilenceSweepService,
    private readonly aborts: AbortSweepService,
    private readonly paces: ReleasePaceService,
    private readonly plans: PlansService,
    private readonly clock: Clock,
  ) {}

  onApplicationBootstrap(): void {
    this.timer = setInterval(() => {
      // One that takes longer than the time to the next is not overtaken.
      this.running ??= this.roundOrWarning().finally(() => (this.running = undefined));
    }, ROUND_MS);
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    await this.running;
  }

  /** Looks once after every rollout that may have something to do. One that fails does not keep the others waiting. */
  async round(now: Date = this.clock.now()): Promise<void> {
    for (const rollout of await this.repository.listDue(now)) {
      try {
        await this.lookAfter(rollout, now);
      } catch (error) {
        this.logger.warn(`Rollout ${rollout.id} was not looked after and will be later: ${String(error)}`);
      }
    }
  }

  private async roundOrWarning(): Promise<void> {
    try {
      await this.silence.attend();
      await this.round();
    } catch (error) {
      this.logger.warn(`Rollouts were not looked after and will be later: ${String(error)}`);
    }
  }

  private async lookAfter(rollout: DueRow, now: Date): Promise<void> {
    switch (rollout.state) {
      case 'scheduled':
        await this.progress.start(rollout, now);
        return;
      case 'aborted':
        await this.aborts.sweep(rollout);
        return;
      case 'running':
        // First, since a wave that has lost devices is not one to pass, nor one of which that is not known.
        if (await this.listen(rollout, now)) await this.progress.proceed(rollout, now);
        await this.paces.measure(rollout, now);
        return;
      default:
        await this.listen(rollout, now);
    }
  }

  /** False when it cannot be told yet who is silent. */
  private async listen(rollout: DueRow, now: Date): Promise<boolean> {
    if (rollout.silentPolls === 0) return true;
    const { pacing } = await this.plans.current(rollout.tenantId);
    const { shortestMs, longestMs } = this.silence.spans(rollout, pacing);
    const last = this.listenedAtMs.get(rollout.id);
    if (last !== undefined && now.getTime() - last < shortestMs / LOOKS_PER_SILENCE) return true;
    if (await this.silence.isDeaf(now, longestMs)) return false;
    this.listenedAtMs.set(rollout.id, now.getTime());
    await this.silence.sweep(rollout, pacing, now);
    return true;
  }
}
