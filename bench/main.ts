import { join, relative } from 'node:path';
import { parseOptions, USAGE, type BenchOptions } from './options';
import { writeResult } from './result';
import type { Scenario } from './scenario';
import { idlePoll } from './scenarios/idle-poll';
import { tableOf } from './table';
import { Workbench } from './workbench';

const SCENARIOS: readonly Scenario[] = [idlePoll];

/** Ends with 0 whatever the figures are: a busy machine is no reason to fail. Wrong answers are one. */
async function main(): Promise<void> {
  if (process.platform !== 'linux')
    throw new Error('the bench reads CPU times from /proc, so it needs Linux');
  const { scenario: name, options } = parseOptions(process.argv.slice(2));
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) {
    const names = SCENARIOS.map((one) => one.name).join(', ');
    throw new Error(`which scenario? There are: ${names}\n\n${USAGE}`);
  }
  const workbench = await Workbench.set();
  const leave = (): void => void workbench.clear().finally(() => process.exit(130));
  process.once('SIGINT', leave).once('SIGTERM', leave);
  try {
    await bench(scenario, workbench, options);
  } finally {
    await workbench.clear();
  }
}

async function bench(scenario: Scenario, workbench: Workbench, options: BenchOptions): Promise<void> {
  const run = await scenario.run(workbench, options, (text) => process.stderr.write(`${text}\n`));
  const file = options.json ?? join(__dirname, 'results', `${scenario.name}.json`);
  await writeResult(file, scenario, run);
  const ratio = run.outcome.standings.find((one) => one.name === 'rookery')?.ratio.median ?? NaN;
  const verdict = ratio <= scenario.aim ? 'reached' : 'missed';
  process.stdout.write(
    `\n${scenario.title}\n\n${tableOf(run.outcome)}` +
      `${ratio.toFixed(2)} × raw; the aim of ${scenario.aim.toFixed(1)} is ${verdict}. Written to ${relative('.', file)}\n`,
  );
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
