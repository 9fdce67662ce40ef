import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findingsRows, pairs, printTable, type Row } from './court-report';
import { killReplicas, SPAN_MS, type Kill, type ReplicaKills } from './replica-kills';
import { SHORT, WHOLE } from './replica-sizes';
import { writeResult } from './result-file';

const USAGE = `Usage: npm run proof:replicas -- [options]

  --short             500 devices and two kills, as the end-to-end test does it; writes no file
  --devices <number>  instead of 10000 or 500
  --seed <number>     default 1
  --json <file>       default test/faults/results/replicas.json for the whole
`;

/** "The rollout goes on within 5 s." */
const GRACE_MS = 5_000;

function say(line: string): void {
  process.stderr.write(`${(performance.now() / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}

function lateness(kills: readonly Kill[]): string[] {
  return kills.flatMap(({ confirmed, goingOn: { admittedAfterMs, confirmedAfterMs } }) => [
    ...(admittedAfterMs <= GRACE_MS ? [] : [`nobody was admitted within 5 s of the kill at ${confirmed}`]),
    ...(confirmedAfterMs <= GRACE_MS ? [] : [`nobody was confirmed within 5 s of the kill at ${confirmed}`]),
  ]);
}

function rowsOf(kill: Kill): Row[] {
  const { replica, confirmed, inFlight, isWithinTransaction, readyAgainAfterMs, goingOn } = kill;
  const { admissions, confirmations, admittedAfterMs, confirmedAfterMs } = goingOn;
  const where = isWithinTransaction ? ', within a transaction' : '';
  return [
    [
      `kill -9 of replica ${replica}`,
      `at ${confirmed} confirmed, ${inFlight} under way${where}; ready again ${readyAgainAfterMs} ms after its start`,
    ],
    [
      '  admissions',
      `first after ${admittedAfterMs} ms, longest gap ${goingOn.longestAdmissionGapMs} ms; ` +
        `in ${SPAN_MS / 1000} s before and after: ${admissions.before}, ${admissions.after}`,
    ],
    [
      '  confirmations',
      `first after ${confirmedAfterMs} ms, longest gap ${goingOn.longestConfirmationGapMs} ms; ` +
        `in ${SPAN_MS / 1000} s before and after: ${confirmations.before}, ${confirmations.after}`,
    ],
  ];
}

function print(run: ReplicaKills): void {
  printTable(`${run.devices} devices on two replicas`, [
    ['seconds', String(run.seconds)],
    ['profiles', pairs(run.profiles)],
    ...run.kills.flatMap(rowsOf),
    ['transactions broken off', String(run.brokenTransactions)],
    ['snapshots', `${run.samples}; at most ${run.mostInFlight} devices under way`],
    ['installed again, unheard', String(run.repeatedInstalls)],
    ['given up, download cut', String(run.givenUp)],
    ...findingsRows(run.findings),
  ]);
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    options: {
      short: { type: 'boolean', default: false },
      devices: { type: 'string' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const size = values.short ? SHORT : WHOLE;
  const wish = { ...size, devices: Number(values.devices ?? size.devices), seed: Number(values.seed) };
  const run = await killReplicas({ ...wish, say });
  const faults = [...run.findings.faults, ...lateness(run.kills)];
  const judged = { ...run, findings: { ...run.findings, faults } };
  print(judged);
  const isWhole = wish.devices === WHOLE.devices;
  const file = values.json ?? (isWhole ? join(__dirname, 'results', 'replicas.json') : undefined);
  if (file !== undefined) await writeResult(file, 'replicas', { wish, ...judged });
  process.stdout.write(faults.length === 0 ? '\nEverybody once.\n' : `\n${faults.length} faults.\n`);
  return faults.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? String(error.stack) : String(error)}\n`);
    process.exit(1);
  },
);
