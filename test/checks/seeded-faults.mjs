/**
 * Shows that each check of `npm run check` fails on the fault it is there for and on nothing else: copies the tree,
 * seeds one file (or one pair of files) per fault, runs the check's own tool over the seeded files and looks for the
 * rule's name beside the file's. Sound code goes through the same tools and must pass.
 *
 *   npm run check:seeded                     also checks format, types and architecture of the tree as it stands
 *   npm run check:seeded -- --faults-only    only the seeded files (while the tree is being worked on)
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { FAULTS } from '../property/faults.mjs';
import * as architecture from './faults/architecture.mjs';
import * as lint from './faults/lint.mjs';
import { format, rooms, types, unit } from './faults/others.mjs';
import { inParallel, run } from './run.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const AT_ONCE = 2;
/** The seeded failures are no test results of the tree. */
const UNCOUNTED = { ROOKERY_TIER: '' };

/** `npm run proof:property-faults` runs by hand: that its faults can still be planted is seen here. */
function showPlantable() {
  const misplaced = FAULTS.flatMap(({ id, fault, edits }) =>
    edits
      .filter(({ file, from }) => readFileSync(join(ROOT, file), 'utf8').split(from).length !== 2)
      .map(({ file }) => `${id}: ${fault}: what it changes is not in ${file}, or more than once`),
  );
  const title = `property: each of ${FAULTS.length} faults has its place in the sources`;
  return [{ title, isOk: misplaced.length === 0, failure: 'MISPLACED', output: misplaced.join('\n') }];
}

/** The working tree as git sees it (untracked files too), with the installed packages linked in. */
function copyTree() {
  const copy = mkdtempSync(join(realpathSync(tmpdir()), 'rookery-seeded-'));
  const listed = execFileSync('git', ['ls-files', '-coz', '--exclude-standard'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  for (const file of listed.split('\0')) {
    const source = join(ROOT, file);
    if (file && existsSync(source)) cpSync(source, join(copy, file));
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function seed(copy, files) {
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    writeFileSync(join(copy, file), text);
  }
  return Object.keys(files);
}

const jsonIn = (stdout) => {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
};

/** One tool: how to run it over files, and which (file, rule) pairs its output names. */
const TOOLS = {
  format: {
    ...format,
    command: (files) => ['prettier', '--check', ...files],
    findings: ({ output }) =>
      output.split('\n').map((line) => ({ file: line.replace('[warn] ', ''), rule: '[warn]' })),
  },
  lint: {
    ...lint,
    command: (files) => ['eslint', '--max-warnings', '0', '--format', 'json', ...files],
    findings: ({ stdout }, copy) =>
      (jsonIn(stdout) ?? []).flatMap(({ filePath, messages }) =>
        messages
          .filter(({ severity }) => severity === 2)
          .map(({ ruleId }) => ({
            file: relative(copy, filePath),
            rule: ruleId,
          })),
      ),
  },
  types: {
    ...types,
    command: (files, copy) => {
      const config = `tsconfig.seeded-${files.length}.json`;
      const compilerOptions = { incremental: false };
      writeFileSync(
        join(copy, config),
        JSON.stringify({ extends: './tsconfig.json', compilerOptions, include: [], files }),
      );
      return ['tsc', '--noEmit', '-p', config];
    },
    findings: ({ output }) =>
      [...output.matchAll(/^(\S+)\(\d+,\d+\): error (TS\d+)/gm)].map(([, file, rule]) => ({ file, rule })),
  },
  architecture: {
    ...architecture,
    command: (files) => [
      'depcruise',
      '--config',
      '.dependency-cruiser.cjs',
      '--output-type',
      'err',
      ...files,
    ],
    findings: ({ output }) =>
      [...output.matchAll(/error ([\w-]+): (\S+)/g)].map(([, rule, file]) => ({ file, rule })),
  },
  rooms: {
    ...rooms,
    command: ([file]) => ['node', 'test/checks/room-sizes.mjs', dirname(file)],
    findings: ({ output }) =>
      [...output.matchAll(/^(\S+) holds \d+ sources/gm)].map(([, file]) => ({ file, rule: 'crowded' })),
  },
  unit: {
    ...unit,
    command: (files) => ['jest', '--selectProjects', 'unit', '--runTestsByPath', ...files],
    findings: ({ output }) =>
      output.split(/^(?=(?:PASS|FAIL) )/m).flatMap((part) => {
        const file = /^FAIL unit (\S+)/.exec(part)?.[1];
        return unit.faults.filter(({ rule }) => part.includes(rule)).map(({ rule }) => ({ file, rule }));
      }),
  },
};

const filesOf = (fault) => fault.files ?? { [fault.file]: fault.text };

async function showCaught(name, tool, copy) {
  const files = seed(copy, Object.assign({}, ...tool.faults.map(filesOf)));
  const result = await run(tool.command(files, copy), copy, UNCOUNTED);
  const found = tool.findings(result, copy);
  return tool.faults.map((fault) => ({
    title: `${name}: ${fault.fault} (${fault.rule})`,
    isOk:
      result.code !== 0 &&
      found.some(({ file, rule }) => file === (fault.from ?? fault.file) && rule === fault.rule),
    failure: 'NOT CAUGHT',
    output: result.output,
  }));
}

async function showSound(name, tool, copy) {
  const files = seed(copy, tool.sound);
  const { code, output } = await run(tool.command(files, copy), copy, UNCOUNTED);
  return [
    { title: `${name}: ${files.length} sound files pass`, isOk: code === 0, failure: 'REFUSED', output },
  ];
}

async function showTree(name, command, copy) {
  const { code, output } = await run(command, copy, UNCOUNTED);
  return [{ title: `${name}: the tree as it stands passes`, isOk: code === 0, failure: 'REFUSED', output }];
}

const TREE = {
  format: ['npm', 'run', '--silent', 'check:format'],
  types: ['npm', 'run', '--silent', 'check:types', '--', '--tsBuildInfoFile', 'dist/.tsbuildinfo'],
  architecture: ['npm', 'run', '--silent', 'check:architecture'],
};

function report(results) {
  for (const { title, isOk, failure } of results) console.log(`${isOk ? 'ok' : failure} - ${title}`);
  for (const output of new Set(results.filter(({ isOk }) => !isOk).map((result) => result.output))) {
    console.log(`\n${output.slice(0, 6000)}`);
  }
  const passed = results.filter(({ isOk }) => isOk).length;
  console.log(`${passed} passed, ${results.length - passed} failed`);
  process.exitCode = passed === results.length ? 0 : 1;
}

const copies = [];
const newCopy = () => {
  const copy = copyTree();
  copies.push(copy);
  return copy;
};
try {
  const tools = Object.entries(TOOLS);
  const isWhole = !process.argv.includes('--faults-only');
  const faulty = newCopy();
  const sound = newCopy();
  const untouched = isWhole ? newCopy() : undefined;
  const jobs = [
    ...tools.map(
      ([name, tool]) =>
        () =>
          showCaught(name, tool, faulty),
    ),
    ...tools.map(
      ([name, tool]) =>
        () =>
          showSound(name, tool, sound),
    ),
    ...(isWhole
      ? Object.entries(TREE).map(
          ([name, command]) =>
            () =>
              showTree(name, command, untouched),
        )
      : []),
  ];
  report([...showPlantable(), ...(await inParallel(jobs, AT_ONCE)).flat()]);
} finally {
  for (const copy of copies) rmSync(copy, { recursive: true, force: true });
}
