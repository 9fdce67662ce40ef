/**
 * Changes the rules by one condition, operator or word at a time: how many of these changes does a test notice?
 *
 *   npm run proof:mutation                                 all rules
 *   npm run proof:mutation -- --only open-action,gate      those, beside the figures that are there for the others
 *   npm run proof:mutation -- --read report.json           the figures of a report that Stryker wrote before
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import config from '../../stryker.config.mjs';
import { Scores } from './scores.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const REPORT = join(ROOT, config.jsonReporter.fileName);
/** Every source of the modules that hold rules; which of them are pure is for Stryker's settings to say. */
const RULES = ['rollouts', 'actions'].flatMap((module) => {
  const folder = `src/modules/${module}`;
  return readdirSync(join(ROOT, folder), { recursive: true }).map((path) => `${folder}/${path}`);
});
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    read: { type: 'string', multiple: true, default: [] },
    concurrency: { type: 'string' },
  },
});

function fileOf(rule) {
  const found = RULES.find((path) => basename(path, '.ts') === rule);
  if (found === undefined) throw new Error(`--only names ${rule}, which is no rule of rollouts or actions`);
  return found;
}

/** Stryker's own verdict on a part is not asked for: what counts is the score of all. */
function runStryker() {
  const files = values.only?.split(',').map(fileOf);
  rmSync(REPORT, { force: true });
  const args = ['run', ...(files === undefined ? [] : ['--mutate', files.join(',')])];
  if (values.concurrency !== undefined) args.push('--concurrency', values.concurrency);
  spawnSync(join(ROOT, 'node_modules', '.bin', 'stryker'), args, { cwd: ROOT, stdio: 'inherit' });
  if (!existsSync(REPORT)) throw new Error('Stryker wrote no report: look above for the reason');
}

const isPart = values.only !== undefined || values.read.length > 0;
const scores = new Scores({ isPart });
if (values.read.length === 0) runStryker();
for (const report of values.read.length === 0 ? [REPORT] : values.read) scores.add(report);
scores.write();
process.exitCode = scores.tell(config.thresholds.break) ? 0 : 1;
