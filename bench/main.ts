import { join } from 'node:path';
import { Bench } from './bench';
import { parseOptions, USAGE } from './options';
import type { Scenario } from './scenario';
import { SCENARIOS } from './scenarios/catalogue';
import { Workbench } from './workbench';

/** A name that stands for several scenarios. */
const TOGETHER: Readonly<Record<string, readonly string[]>> = {
  download: ['download', 'download-large'],
  rollout: [
    ...['rollout-verbs-10k', 'rollout-verbs-100k', 'rollout-verbs-1m'],
    ...['rollout-admission', 'rollout-feedback', 'rollout-closing'],
  ],
};

const COMMITTED = join(__dirname, 'results');

/** Ends with 0 whatever the figures are: a busy machine is no reason to fail. Wrong answers are one. */
async function main(): Promise<void> {
  if (process.platform !== 'linux')
    throw new Error('the bench reads CPU times from /proc, so it needs Linux');
  const { names, options } = parseOptions(process.argv.slice(2), COMMITTED);
  const scenarios = chosen(names);
  const workbench = await Workbench.set();
  const leave = (): void => void workbench.clear().finally(() => process.exit(130));
  process.once('SIGINT', leave).once('SIGTERM', leave);
  try {
    await new Bench(workbench, COMMITTED, options).play(scenarios);
  } finally {
    await workbench.clear();
  }
}

function chosen(names: readonly string[]): readonly Scenario[] {
  const unknown = names.find(
    (name) => TOGETHER[name] === undefined && !SCENARIOS.some((scenario) => scenario.name === name),
  );
  if (unknown !== undefined) {
    const all = SCENARIOS.map(({ name }) => name).join(', ');
    throw new Error(`there is no scenario "${unknown}", only: ${all}\n\n${USAGE}`);
  }
  if (names.length === 0) return SCENARIOS;
  const wanted = names.flatMap((name) => TOGETHER[name] ?? [name]);
  return SCENARIOS.filter(({ name }) => wanted.includes(name));
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
});
