import type { Report } from '../ddi/bodies';
import { DdiSession, type Dialect } from './ddi-session';
import { Interruption, type DeviceState, type FetchHabits, type Owed, type Watch } from './device-state';
import { fetchFile, type Fetched } from '../ddi/download';
import { FaultPlan, type Step } from '../fault';
import type { ProfileName } from '../profile-shares';
import { Random } from '../random';
import { Update } from './update';
import type { OfferedArtifact } from '../ddi/wire';
import type { World } from './world';

/** What every simulated device has in common: power, a clock, two slots, bad luck. The profiles are what clients do. */
export abstract class Device {
  abstract readonly profile: ProfileName;
  state: DeviceState = 'off';
  /** Polls in a row that gave nothing to do. */
  quietPolls = 0;
  protected readonly ddi: DdiSession;
  protected version: string;
  protected update: Update | undefined;
  /** Installed, to be booted next. */
  protected slot: string | undefined;
  protected owed: Owed | undefined;
  protected readonly habits: Random;
  private updates = 0;

  constructor(
    readonly controllerId: string,
    protected readonly world: World,
    dialect: Dialect,
  ) {
    this.ddi = new DdiSession(world, controllerId, dialect);
    this.version = world.settings.version;
    this.habits = new Random(world.settings.seed, controllerId, 'habits');
  }

  switchOn(delayMs: number): void {
    this.later(delayMs, () => this.boot());
  }

  /** It will do nothing more of its own accord. */
  get isDead(): boolean {
    return this.state === 'silent' || this.state === 'stalled';
  }

  /** What the client does once after power came on. */
  protected abstract start(): Promise<void>;

  /** What the client does each time it wakes; false when there was nothing to do. */
  protected abstract round(): Promise<boolean>;

  /** Whether the new version proves to be bad after the reboot. */
  protected rollsBack(plan: FaultPlan): boolean {
    return plan.strikesOnce('roll-back');
  }

  /** The update that an action is; a new one has its own luck. */
  protected updateFor(actionId: string, version?: string): Update {
    const { settings, oracle } = this.world;
    if (this.update?.actionId !== actionId) {
      this.updates += 1;
      // At once, not when the round ends: a fleet that was quiet before is not done while its first update runs.
      this.quietPolls = 0;
      const plan = new FaultPlan(settings.seed, this.controllerId, this.updates, settings.faults);
      const truth = oracle.action(this.controllerId, { actionId, version, faults: plan.faults });
      this.update = new Update(actionId, plan, truth);
    }
    this.update.truth.version ??= version;
    return this.update;
  }

  /** Here the device stops for ever, goes silent or loses power, if it was to. */
  protected reach(step: Step, update: Update): void {
    if (update.plan.strikes('silent', step)) throw new Interruption('silent');
    if (update.plan.strikes('stall', step)) throw new Interruption('stall');
    const isCutElsewhere = step === 'downloading' || step === 'reporting';
    if (!isCutElsewhere && update.plan.strikes('power-loss', step)) throw new Interruption('power-loss');
  }

  /** Reports on the deployment as bad luck has it: late, twice, overtaken, or without hearing the answer. */
  protected async report(update: Update, report: Report): Promise<number> {
    const { plan } = update;
    const url = `${this.ddi.baseUrl}/deploymentBase/${update.actionId}/feedback`;
    const isFinal = report.execution === 'closed';
    if (!isFinal && plan.has('reorder') && update.held === undefined) {
      update.held = report;
      return 200;
    }
    if (isFinal) {
      this.state = 'reporting';
      this.reach('reporting', update);
      if (plan.strikesOnce('late'))
        await this.world.wheel.sleep(this.ddi.sleepMs * this.habits.between(3, 6));
    }
    const losesPower = isFinal && plan.strikes('power-loss', 'reporting');
    const status = await this.ddi.send(update, report, { on: 'deployment', url, hangsUp: losesPower });
    if (losesPower) throw new Interruption('power-loss');
    if (update.held !== undefined) await this.ddi.send(update, update.held, { on: 'deployment', url });
    update.held = undefined;
    if (plan.has('repeat')) await this.ddi.send(update, report, { on: 'deployment', url });
    return status;
  }

  /** Answers a cancel, unless this device is one that does not. */
  protected async answerCancel(update: Update, report: Report, url: string): Promise<boolean> {
    if (update.plan.has('no-cancel')) return false;
    return (await this.ddi.send(update, report, { on: 'cancel', url })) === 200;
  }

  /** Downloads to the disk of `update`. */
  protected async fetch(update: Update, artifact: OfferedArtifact, habits: FetchHabits): Promise<Fetched> {
    this.state = 'downloading';
    this.reach('downloading', update);
    const fetched = await fetchFile(this.world.client, {
      ...{ artifact, url: artifact.href, plan: update.plan, file: update.file, pause: () => this.pass(1000) },
      ...habits,
      headers: { ...this.ddi.headers, ...habits.headers },
    });
    update.file = fetched.file;
    if (fetched.cameFromStart) update.truth.hasProof = true;
    if (fetched.kind === 'corrupt')
      this.world.oracle.complain(`${this.controllerId} received a damaged ${artifact.fileName}`);
    if (fetched.kind === 'lost-power') throw new Interruption('power-loss');
    return fetched;
  }

  /** The same while asking now and then whether to stop: then the transfer is aborted in its middle. */
  protected async fetchWatching(
    update: Update,
    artifact: OfferedArtifact,
    habits: FetchHabits,
    watch: Watch,
  ): Promise<Fetched> {
    const stop = new AbortController();
    const fetching = this.fetch(update, artifact, { ...habits, signal: stop.signal });
    let isOver = false;
    const over = (): void => void (isOver = true);
    const end = fetching.then(over, over);
    for (;;) {
      await Promise.race([end, this.world.wheel.sleep(watch.everyMs)]);
      // eslint-disable-next-line @typescript-eslint/no-unnecessary-condition -- set when the download ends
      if (isOver) return fetching;
      if (await watch.isToStop()) stop.abort();
    }
  }

  /** The image is in the other slot; from now on the next boot runs it. */
  protected installed(update: Update, version: string): void {
    this.slot = version;
    update.truth.installs += 1;
    update.file = undefined;
  }

  protected reboot(update: Update): never {
    this.reach('rebooting', update);
    throw new Interruption('reboot');
  }

  /** Time that the device itself takes, which the time scale shortens. */
  protected pass(ms: number): Promise<void> {
    return this.world.wheel.sleep(ms / this.world.settings.timeScale);
  }

  /** Works for a while, and asks every `watchMs` whether to stop; true when it was told to. */
  protected async work(leastMs: number, mostMs: number, watch: Watch): Promise<boolean> {
    const { timeScale } = this.world.settings;
    let leftMs = this.habits.between(leastMs, mostMs) / timeScale;
    const everyMs = Math.max(watch.everyMs, 20);
    while (leftMs > 0) {
      await this.world.wheel.sleep(Math.min(leftMs, everyMs));
      leftMs -= everyMs;
      if (leftMs > 0 && (await watch.isToStop())) return true;
    }
    return false;
  }

  private async boot(): Promise<void> {
    this.state = 'idle';
    this.quietPolls = 0;
    if (this.slot !== undefined) {
      const isBad = this.update !== undefined && this.rollsBack(this.update.plan);
      if (!isBad) this.version = this.slot;
      else if (this.update !== undefined) this.update.truth.isRolledBack = true;
      if (isBad && this.owed !== undefined) this.owed = { ...this.owed, verdict: 'failure' };
      this.slot = undefined;
    }
    this.world.oracle.device(this.controllerId).runs = this.version;
    await this.start();
  }

  private async wake(): Promise<void> {
    if (this.state === 'stalled') {
      await this.ddi.poll();
      return;
    }
    const isBusy = await this.round();
    this.state = 'idle';
    this.quietPolls = isBusy ? 0 : this.quietPolls + 1;
  }

  private later(ms: number, live: () => Promise<void>): void {
    this.world.wheel.after(ms, () => {
      live().then(
        () => this.later(this.nextPollMs(), () => this.wake()),
        (error: unknown) => this.suffer(error),
      );
    });
  }

  private suffer(error: unknown): void {
    const { timeScale } = this.world.settings;
    const kind = error instanceof Interruption ? error.kind : undefined;
    switch (kind) {
      case 'silent':
        this.state = 'silent';
        return;
      case 'stall':
        this.state = 'stalled';
        this.later(this.nextPollMs(), () => this.wake());
        return;
      case 'power-loss':
        this.state = 'off';
        this.later(this.habits.between(1000, 10_000) / timeScale, () => this.boot());
        return;
      case 'reboot':
        this.state = 'rebooting';
        this.later(this.habits.between(2000, 8000) / timeScale, () => this.boot());
        return;
      case undefined:
        this.world.oracle.complain(
          `the simulator itself failed: ${error instanceof Error ? String(error.stack) : String(error)}`,
        );
        this.later(this.nextPollMs(), () => this.wake());
    }
  }

  private nextPollMs(): number {
    return this.ddi.sleepMs * this.habits.between(0.9, 1.1);
  }
}
