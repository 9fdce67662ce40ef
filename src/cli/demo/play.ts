import { setTimeout as delay } from 'node:timers/promises';
import { SimulatedFleet } from '../simulator/fleet';
import { History } from '../simulator/judging/history';
import { Judge } from '../simulator/judging/verdict';
import type { DemoWish } from './arguments';
import type { DemoServer } from './staging/demo-server';
import { FleetGauge } from './fleet-gauge';
import { Lookout } from './lookout';
import { Management } from './staging/management';
import type { Judged } from './model';
import { Outcomes } from './outcomes';
import {
  FEED,
  inFlightCap,
  pollSeconds,
  SAMPLE_FAULTS,
  sampleRelease,
  VERSIONS,
} from './staging/sample-fleet';
import type { Show } from './drawing/show';

const LOOK_MS = 500;

/** What the demo plays: a fleet is switched on, a release is rolled out, and at the end both sides are compared. */
export class Play {
  private readonly fleet: SimulatedFleet;
  private readonly management: Management;
  private lookout: Lookout | undefined;

  constructor(
    private readonly wish: DemoWish,
    private readonly server: DemoServer,
    private readonly show: Show,
    private readonly signal: AbortSignal,
  ) {
    const { devices, seed, timeScale } = wish;
    this.fleet = new SimulatedFleet({
      ...{ url: server.url, gatewayToken: server.gatewayToken, devices, seed, timeScale },
      ...{ faults: SAMPLE_FAULTS, version: VERSIONS.from },
    });
    this.management = new Management(server.url, server.apiToken, signal);
  }

  /** Resolves when no device will do anything more, and all were compared with the server's history. */
  async untilVerdict(): Promise<void> {
    await this.server.ready(this.signal);
    await this.register();
    const lookout = await this.rollOut();
    let judged: Judged;
    do {
      this.show.change({ phase: 'rolling' });
      await this.untilOver(lookout);
      this.show.change({ phase: 'judging' });
      await lookout.lookBack(VERSIONS.from);
      judged = await this.judge();
      // Somebody set the fleet going again meanwhile: then what was compared was not at rest.
    } while (!this.fleet.isSettled);
    this.show.change({ phase: 'done', judged });
    this.lookout = lookout;
  }

  /** The devices live on, for whoever tries something else with them. Never resolves by itself. */
  async goOn(): Promise<void> {
    for (;;) {
      await this.lookout?.look();
      await this.pause();
    }
  }

  stop(): void {
    this.fleet.stop();
  }

  /** The devices come to know the server, and the server learns what they are. */
  private async register(): Promise<void> {
    const { devices } = this.wish;
    const gauge = new FleetGauge(this.fleet);
    this.show.onBeat(() => ({ fleet: gauge.read() }));
    this.show.change({ phase: 'registering' });
    this.fleet.start();
    while (this.show.model.registered < devices) {
      const known = await this.management.devices();
      const registered = known.filter(({ attributesAt }) => attributesAt !== undefined).length;
      this.show.change({ registered });
      await this.pause();
    }
  }

  private async rollOut(): Promise<Lookout> {
    this.show.change({ phase: 'rolling' });
    const latest = await this.management.latestEvent();
    const releaseId = await this.management.upload(sampleRelease());
    const cap = inFlightCap(this.wish.devices);
    const rollout = await this.management.rollOut({ name: 'demo', feed: FEED, releaseId, inFlightCap: cap });
    this.show.change({ rollout });
    return new Lookout(this.management, rollout.id, new Outcomes(this.management, latest), this.show);
  }

  /** While it is paused the devices are quiet too, but not done; and after that they hear of it at their next poll only. */
  private async untilOver(lookout: Lookout): Promise<void> {
    const twoPollsMs = 2000 * pollSeconds(this.wish.devices);
    let pausedMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      await lookout.look();
      if (this.show.model.rollout?.state === 'paused') pausedMs = performance.now();
      if (this.fleet.isSettled && performance.now() - pausedMs > twoPollsMs) return;
      await this.pause();
    }
  }

  private async judge(): Promise<Judged> {
    const { oracle, traffic } = this.fleet;
    const history = new History(this.server.url, this.server.apiToken);
    const { mismatches, judged } = await new Judge(oracle, traffic, history).judge();
    return { actions: judged.actions, mismatches: mismatches.map(({ about, what }) => `${about}: ${what}`) };
  }

  private pause(): Promise<void> {
    return delay(LOOK_MS, undefined, { signal: this.signal });
  }
}
