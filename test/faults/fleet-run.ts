import { FAULTS, type FaultRates } from '../../src/cli/simulator/fault';
import { summarize, type Summary } from '../../src/cli/simulator/report';
import type { SimulatedFleet } from '../../src/cli/simulator/fleet';
import { judge, type Findings } from './court';
import { pause } from './play';
import { Theatre } from './theatre';

/** A fleet that updates once, with everything going wrong on some devices. */
export interface FleetWish {
  readonly devices: number;
  readonly instances: number;
  /** Of every fault. */
  readonly perCent: number;
  readonly seed: number;
  readonly pollMs: number;
  readonly timeScale: number;
  /** Of so many actions one is asked to be cancelled while it is under way. */
  readonly cancelOneIn: number;
  readonly say: (line: string) => void;
}

export interface FleetRun {
  readonly devices: number;
  readonly instances: number;
  readonly seconds: number;
  readonly profiles: Readonly<Record<string, number>>;
  /** How many updates each fault befell. */
  readonly faultsHad: Readonly<Record<string, number>>;
  /** What the devices themselves last said about their updates. */
  readonly outcomes: Readonly<Record<string, number>>;
  readonly versions: Readonly<Record<string, number>>;
  readonly cancelsAsked: number;
  readonly findings: Findings;
}

const RELEASE_BYTES = 300_000;
const SETTLE_MS = 900_000;
const STATUS_MS = 10_000;

export function everyFault(perCent: number): FaultRates {
  return Object.fromEntries(FAULTS.map((fault) => [fault, perCent]));
}

export async function runFleet(wish: FleetWish): Promise<FleetRun> {
  const { devices, instances, perCent, seed, pollMs, timeScale } = wish;
  const theatre = await Theatre.open({ postgres: 'own', instances, isDirect: true });
  try {
    const train = await theatre.train(1, RELEASE_BYTES);
    const fleet = theatre.fleet({ devices, seed, faults: everyFault(perCent), pollMs, timeScale });
    await train.depart();
    const startedMs = performance.now();
    fleet.start();
    let isOver = false;
    const cancelling = cancelSome(theatre, fleet, { oneIn: wish.cancelOneIn, isOver: () => isOver });
    const status = setInterval(() => wish.say(statusOf(fleet)), STATUS_MS);
    const isSettled = await fleet.settled(SETTLE_MS);
    clearInterval(status);
    isOver = true;
    fleet.stop();
    const seconds = Math.round((performance.now() - startedMs) / 1000);
    const cancelsAsked = await cancelling;
    const findings = await judge(theatre, fleet);
    const faults = isSettled ? findings.faults : ['some devices never came to rest', ...findings.faults];
    const summary = summarize(fleet, { isSettled, seconds, rssBytes: 0, verdict: undefined });
    return { ...figuresOf(summary), instances, cancelsAsked, findings: { ...findings, faults } };
  } finally {
    await theatre.close();
  }
}

function figuresOf({
  devices,
  seconds,
  byProfile,
  byVersion,
  faults,
  outcomes,
}: Summary): Omit<FleetRun, 'instances' | 'cancelsAsked' | 'findings'> {
  return { devices, seconds, profiles: byProfile, faultsHad: faults, outcomes, versions: byVersion };
}

function statusOf(fleet: SimulatedFleet): string {
  const { byState, byVersion, requests, reports } = fleet.snapshot();
  return `${JSON.stringify(byState)} ${JSON.stringify(byVersion)} ${requests} requests, ${reports} reports`;
}

/** Asks every so many-th device to stop its update as soon as that has begun; how many were asked. */
async function cancelSome(
  theatre: Theatre,
  fleet: SimulatedFleet,
  { oneIn, isOver }: { oneIn: number; isOver: () => boolean },
): Promise<number> {
  const asked = new Set<string>();
  while (!isOver()) {
    await pause(100);
    const actionIds = [...fleet.oracle.devices.values()].flatMap(({ actions }) => [...actions.keys()]);
    for (const actionId of actionIds.filter((id) => Number(id) % oneIn === 0 && !asked.has(id))) {
      asked.add(actionId);
      // It may be over already.
      await theatre.management.cancelAction(actionId).catch(() => undefined);
    }
  }
  return asked.size;
}
