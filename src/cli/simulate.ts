import { parseWish, USAGE, UsageError, type SimulateWish } from './simulator/arguments';
import { SimulatedFleet, type FleetSnapshot } from './simulator/fleet';
import { History, HistoryError } from './simulator/judging/history';
import { statusLine, summarize, summaryText, type Summary } from './simulator/report';
import { Judge } from './simulator/judging/verdict';

const STATUS_SECONDS = 3;

/** Exit codes: 0 the server held, 1 it did not, 2 the command line made no sense. */
async function main(): Promise<number> {
  const wish = parseWish();
  if (wish === undefined) {
    console.log(USAGE);
    return 0;
  }
  const summary = await simulate(wish);
  console.log(summaryText(summary, wish.fleet.seed ?? 1));
  if (wish.json) console.log(JSON.stringify(summary));
  const faults = summary.verdict?.mismatches.length ?? summary.wrongAnswers + summary.complaints;
  return faults === 0 ? 0 : 1;
}

async function simulate({ fleet: options, apiToken, untilMs }: SimulateWish): Promise<Summary> {
  const fleet = new SimulatedFleet(options);
  const judge =
    apiToken === undefined
      ? undefined
      : new Judge(fleet.oracle, fleet.traffic, new History(fleet.settings.urls[0] ?? '', apiToken));
  await judge?.forgiveThePast(fleet.devices.map((device) => device.controllerId));
  const startedMs = performance.now();
  fleet.start();
  const stopStatus = printStatus(fleet);
  const isSettled = await Promise.race([
    untilMs === undefined ? fleet.settled() : aWhile(untilMs),
    interrupted(),
  ]);
  stopStatus();
  const seconds = (performance.now() - startedMs) / 1000;
  const rssBytes = process.memoryUsage().rss;
  fleet.stop();
  const verdict = await judge?.judge();
  return summarize(fleet, { isSettled: isSettled || fleet.isSettled, seconds, rssBytes, verdict });
}

function aWhile(ms: number): Promise<boolean> {
  return new Promise((resolve) => setTimeout(() => resolve(false), ms));
}

/** The first Ctrl-C ends the run and judges it; the second ends the process. */
function interrupted(): Promise<boolean> {
  return new Promise((resolve) => process.once('SIGINT', () => resolve(false)));
}

function printStatus(fleet: SimulatedFleet): () => void {
  let before: FleetSnapshot | undefined;
  const timer = setInterval(() => {
    const now = fleet.snapshot();
    console.log(statusLine(now, before, STATUS_SECONDS));
    before = now;
  }, STATUS_SECONDS * 1000);
  return () => clearInterval(timer);
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if (error instanceof UsageError) console.error(`${error.message}\n\n${USAGE}`);
    else console.error(error instanceof HistoryError ? error.message : error);
    process.exit(error instanceof UsageError ? 2 : 1);
  },
);
