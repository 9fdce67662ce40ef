/**
 * Shows that each property fails on the faults it is there for: copies the tree, seeds one fault after the other into the
 * copy's sources, and plays histories until the property named with it cries.
 *
 *   npm run proof:property-faults                    every fault
 *   npm run proof:property-faults -- --only B4,B9    those
 *   npm run proof:property-faults -- --runs 300      histories at most (200)
 *   npm run proof:property-faults -- --all           also the other properties of the same file: who else notices it?
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { run } from '../checks/run.mjs';
import { FAULTS } from './faults.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '200' },
    json: { type: 'string' },
    all: { type: 'boolean', default: false },
  },
});
const chosen = FAULTS.filter(({ id }) => values.only === undefined || values.only.split(',').includes(id));

/** The working tree as git sees it (untracked files too), with the installed packages linked in. */
function copyTree() {
  const copy = mkdtempSync(join(realpathSync(tmpdir()), 'rookery-property-faults-'));
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    ...{ cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 },
  });
  for (const file of listed.split('\0')) {
    const source = join(ROOT, file);
    if (file && existsSync(source)) cpSync(source, join(copy, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** Puts the fault in and answers with what takes it out again. */
function seed(copy, { edits }) {
  const before = new Map();
  for (const { file, from, to } of edits) {
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    if (!before.has(path)) before.set(path, text);
    const parts = text.split(from);
    if (parts.length !== 2)
      throw new Error(`${file} has ${parts.length - 1} times the text that a fault is seeded into: ${from}`);
    writeFileSync(path, parts.join(to));
  }
  return () => {
    for (const [path, text] of before) writeFileSync(path, text);
  };
}

function isCryOf({ id, throws = false }, cry) {
  return cry.startsWith(`${id}: `) || (throws && cry === 'threw');
}

async function show(copy, fault) {
  const undo = seed(copy, fault);
  const startedMs = performance.now();
  const report = join(copy, 'property-report');
  rmSync(report, { force: true });
  try {
    const { output } = await run(
      [
        ...['jest', '--selectProjects', 'property', '--testPathPatterns', `/property/${fault.spec}\\.`],
        ...(values.all ? [] : ['--testNamePattern', `^${fault.id} `]),
      ],
      copy,
      {
        ...{ PROPERTY_RUNS: values.runs, PROPERTY_REPORT: report, ROOKERY_TIER: '' },
        ...{ PROPERTY_NO_SHRINK: '1', PROPERTY_OWN_ONLY: '1' },
      },
    );
    const lines = (existsSync(report) ? readFileSync(report, 'utf8') : '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    const broken = lines.filter(({ verdict }) => verdict === 'broken');
    // Not one that threw, met too little, or broke another invariant only: it has to have seen what is wrong.
    const own = broken.filter(
      ({ invariant, faults = [] }) => invariant === fault.id && faults.some((cry) => isCryOf(fault, cry)),
    );
    return {
      ...{ id: fault.id, fault: fault.fault, isCaught: own.length > 0 },
      histories: own[0]?.histories,
      cry: own[0]?.faults.find((cry) => isCryOf(fault, cry)),
      alsoBy: [...new Set(broken.map(({ invariant }) => invariant))].filter((id) => id !== fault.id),
      seconds: Math.round((performance.now() - startedMs) / 1000),
      output: own.length > 0 ? '' : output.slice(-4000),
    };
  } finally {
    undo();
  }
}

const copy = copyTree();
const results = [];
try {
  for (const fault of chosen) {
    const result = await show(copy, fault);
    results.push(result);
    const { id, isCaught, histories, alsoBy, seconds } = result;
    const when = isCaught ? `after ${histories} histories` : 'NOT CAUGHT';
    const cry = isCaught ? `\n       "${result.cry}"` : '';
    const others = alsoBy.length === 0 ? '' : `, also by ${alsoBy.join(' ')}`;
    console.log(`${isCaught ? 'ok' : 'NO'} - ${id}: ${fault.fault} (${when}${others}, ${seconds} s)${cry}`);
    if (!isCaught) console.log(result.output);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
const caught = results.filter(({ isCaught }) => isCaught).length;
console.log(`${caught} caught, ${results.length - caught} not caught`);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify(results, null, 2)}\n`);
process.exitCode = caught === results.length ? 0 : 1;
