import { FAULTS, type Fault, type FaultRates } from '../../src/cli/simulator/fault';
import type { SimulatedFleet } from '../../src/cli/simulator/fleet';
import { judge, type Findings } from './court';
import type { MarkedReport } from './receipts';
import type { ReleaseTrain } from './release-train';
import { ReportWatch } from './report-watch';
import { Saboteur } from './saboteur';
import { Theatre, type Setting } from './theatre';

/** How large a play is, and how it begins. */
export interface Casting {
  readonly setting: Setting;
  readonly devices: number;
  readonly seed: number;
  readonly faults: FaultRates;
  readonly pollMs: number;
  readonly timeScale: number;
  /** How long the devices may take to come to rest at the end. */
  readonly settleMs?: number;
  readonly say: (line: string) => void;
}

/** Bytes of a release: a download takes several reads, and a hundred of them no time. */
const RELEASE_BYTES = 60_000;
/** So many wait at the beginning, and more are made when few are left. */
const RELEASES = 8;
/** The next release departs when this share of the devices has nothing to do. */
const IDLE_SHARE = 0.3;
/** But not before the last one had time to reach them; of a fleet that lives at its natural pace. */
const HEADWAY_MS = 12_000;
/** So many devices are enough to be called busy. */
const BUSY_SHARE = 0.25;
const SHOWN_ERRORS = 20;
const SETTLE_MS = 300_000;
const BUSY_PATIENCE_MS = 20_000;

/** Per cent for every fault that leaves the device alive: the dead report nothing, and a play is long. */
export function livingFaults(perCent: number): FaultRates {
  const deadly: readonly Fault[] = ['silent', 'stall'];
  return Object.fromEntries(
    FAULTS.filter((fault) => !deadly.includes(fault)).map((fault) => [fault, perCent]),
  );
}

/** Devices that update all the time, a saboteur among them, and the court at the end. */
export class Play {
  readonly say: (line: string) => void;
  /** Reports of others than the fleet, which the court is to look at as well. */
  readonly otherReports: MarkedReport[] = [];
  private halt: (() => Promise<void>) | undefined;

  private constructor(
    readonly theatre: Theatre,
    readonly train: ReleaseTrain,
    readonly fleet: SimulatedFleet,
    readonly watch: ReportWatch,
    readonly saboteur: Saboteur,
    private readonly casting: Casting,
  ) {
    this.say = casting.say;
  }

  /** Resolves once the devices are well under way. */
  static async begin(casting: Casting): Promise<Play> {
    const { setting, devices, seed, faults, pollMs, timeScale } = casting;
    const theatre = await Theatre.open(setting);
    try {
      const train = await theatre.train(RELEASES, RELEASE_BYTES);
      const fleet = theatre.fleet({ devices, seed, faults, pollMs, timeScale });
      const watch = new ReportWatch(theatre.links);
      const play = new Play(
        theatre,
        train,
        fleet,
        watch,
        new Saboteur(seed, watch, theatre.postgres),
        casting,
      );
      await play.warmUp();
      return play;
    } catch (failure) {
      await theatre.close();
      throw failure;
    }
  }

  /** Devices that are neither idle nor off: they download, install or report. */
  get underWay(): number {
    const { byState } = this.fleet.snapshot();
    return byState.downloading + byState.installing + byState.rebooting + byState.reporting;
  }

  /** Lets every device come to rest, and judges. */
  async end(): Promise<Findings> {
    await this.halt?.();
    this.say('waiting for the devices to come to rest');
    const hasSettled = await this.fleet.settled(this.casting.settleMs ?? SETTLE_MS);
    this.fleet.stop();
    this.watch.stop();
    const findings = await judge(this.theatre, this.fleet, this.otherReports);
    const faults = [
      ...(hasSettled ? [] : [`devices that never came to rest: ${this.restless().join(', ')}`]),
      ...(await this.train.lostDepartures()),
      ...findings.faults,
    ];
    if (faults.length > 0) this.sayErrors();
    return { ...findings, faults };
  }

  /** What the servers logged, for whoever has to find out. */
  sayErrors(): void {
    for (const line of this.theatre.errors.slice(-SHOWN_ERRORS)) this.say(line);
  }

  /** Ends everything, also in the middle. */
  async close(): Promise<void> {
    await this.halt?.();
    await this.theatre.close();
  }

  /** Waits until many devices are under way at once, as long as that makes sense. Nobody must be killed meanwhile. */
  async untilBusy(): Promise<void> {
    if (this.train.left < RELEASES / 2) await this.train.load(RELEASES);
    const startedMs = performance.now();
    const enough = this.casting.devices * BUSY_SHARE;
    while (this.underWay < enough && performance.now() - startedMs < BUSY_PATIENCE_MS) await pause(20);
  }

  private async warmUp(): Promise<void> {
    await this.train.depart();
    this.fleet.start();
    const { devices, timeScale } = this.casting;
    this.halt = this.train.keepGoing(() => this.idle > devices * IDLE_SHARE, HEADWAY_MS / timeScale);
    await this.untilBusy();
  }

  private get idle(): number {
    return this.fleet.snapshot().byState.idle;
  }

  private restless(): string[] {
    const { devices, oracle } = this.fleet;
    const restless = devices.filter((device) => !device.isDead && device.quietPolls < 3);
    return restless.slice(0, 5).map(({ controllerId, profile, state }) => {
      const last = [...(oracle.devices.get(controllerId)?.actions.values() ?? [])].at(-1);
      return `${controllerId} (${profile}, ${state}, last action ${JSON.stringify(last)})`;
    });
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
