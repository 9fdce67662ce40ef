import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepResult } from '../checks/keep-result.mjs';

const FILE = join(import.meta.dirname, 'results', 'property.json');
const IDS = Array.from({ length: 18 }, (_unused, at) => `B${at + 1}`);

/** Of all histories of an invariant so many at least are made for it; the others were played for its neighbours. */
const OWN_SHARE = 1 / 5;
/** Properties of the bare rules, without a history: they count for nothing but themselves. */
const RULES = 'rules';

/** How far the histories are, over as many runs as it takes. */
export class Progress {
  #files = new Map();
  #properties = new Map();
  #commits = new Set();
  #wanted;
  #isKept;

  /** `isKept`: written to the file after each part. */
  constructor({ wanted, isKept }) {
    this.#wanted = wanted;
    this.#isKept = isKept;
  }

  /** What earlier runs have left. */
  read() {
    const { files, properties, commits } = JSON.parse(readFileSync(FILE, 'utf8'));
    this.#files = new Map(Object.entries(files));
    this.#properties = new Map(properties.map((one) => [keyOf(one), one]));
    this.#commits = new Set(commits);
  }

  played(file) {
    return this.#files.get(file) ?? 0;
  }

  /** Whether every invariant of the file has its histories. */
  isEnough(file) {
    const properties = this.#sorted.filter((one) => one.file === file);
    if (file === RULES)
      return properties.length > 0 && properties.every(({ histories }) => histories >= this.#wanted);
    return properties.length > 0 && this.lacking(file).length === 0;
  }

  /** Of the invariants that the file is known to speak of, those that lack histories. */
  lacking(file) {
    const isDone = (id) => {
      const { own, all } = this.#histories(id);
      return own >= this.#wanted * OWN_SHARE && all >= this.#wanted;
    };
    const ids = this.#sorted.filter((one) => one.file === file).map(({ invariant }) => invariant);
    return [...new Set(ids)].filter((id) => file !== RULES && !isDone(id));
  }

  isBroken(file) {
    return [...this.#properties.values()].some((one) => one.file === file && one.verdict !== 'holds');
  }

  add(file, { runs, isOk, lines }) {
    this.#commits.add(commit());
    for (const line of lines) this.#addLine(file, line);
    // One that broke off has said nothing about the rest.
    if (isOk) this.#files.set(file, this.played(file) + runs);
    else if (!this.isBroken(file)) this.#addLine(file, BROKEN_OFF);
    if (this.#isKept) this.#write();
  }

  #addLine(file, { invariant, what, verdict, histories, seconds, seed, met, judged, faults, unmet }) {
    const one = this.#properties.get(keyOf({ invariant, what })) ?? EMPTY;
    this.#properties.set(keyOf({ invariant, what }), {
      ...{ invariant, what, file, verdict: verdict === 'holds' ? (one.verdict ?? verdict) : verdict },
      ...{ histories: one.histories + histories, seconds: Math.round((one.seconds + seconds) * 10) / 10 },
      ...{ met: sums(one.met, met), judged: sums(judgedOf(one), judged), seeds: [...one.seeds, seed] },
      ...(faults === undefined ? {} : { faults }),
      ...(unmet === undefined ? {} : { unmet }),
    });
  }

  get #sorted() {
    return [...this.#properties.values()].sort(
      (a, b) => Number(a.invariant.slice(1)) - Number(b.invariant.slice(1)) || a.what.localeCompare(b.what),
    );
  }

  /** Those made for the invariant, and all that were held against it. */
  #histories(id) {
    const played = this.#sorted.filter(({ file }) => file !== RULES);
    const own = played.filter(({ invariant }) => invariant === id);
    return {
      own: own.reduce((sum, { histories }) => sum + histories, 0),
      all: played.reduce((sum, one) => sum + (judgedOf(one)[id] ?? 0), 0),
    };
  }

  get #invariants() {
    return Object.fromEntries(IDS.map((id) => [id, this.#histories(id)]));
  }

  #write() {
    const seconds = Math.round(this.#sorted.reduce((sum, one) => sum + one.seconds, 0));
    keepResult(import.meta.dirname, 'property', {
      commits: [...this.#commits],
      wanted: this.#wanted,
      fewestHistoriesOfAnInvariant: Math.min(...IDS.map((id) => this.#histories(id).all)),
      invariants: this.#invariants,
      seconds,
      files: Object.fromEntries(this.#files),
      properties: this.#sorted,
    });
  }

  /** The table for people; true when everything held. */
  tell() {
    printTable(this.#sorted, this.#invariants);
    const broken = this.#sorted.filter(({ verdict }) => verdict !== 'holds');
    for (const { invariant, what } of broken) process.stdout.write(`Broken: ${invariant} ${what}\n`);
    if (this.#isKept) process.stdout.write('Written to test/property/results/property.json\n');
    process.stdout.write(broken.length === 0 ? '\nEverything held.\n' : '\nNot everything held.\n');
    return broken.length === 0 && this.#properties.size > 0;
  }
}

const EMPTY = { verdict: undefined, histories: 0, seconds: 0, met: {}, judged: {}, seeds: [] };
const BROKEN_OFF = { invariant: 'B0', what: 'broke off', verdict: 'broken', histories: 0, seconds: 0 };

/** A property's histories are always held against its own invariant. */
const judgedOf = ({ invariant, histories, judged }) => judged ?? { [invariant]: histories };
const keyOf = ({ invariant, what }) => `${invariant}: ${what}`;

function sums(a, b = {}) {
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return Object.fromEntries(keys.map((key) => [key, (a[key] ?? 0) + (b[key] ?? 0)]));
}

function commit() {
  return execFileSync('git', ['rev-parse', '--short=12', 'HEAD'], { encoding: 'utf8' }).trim();
}

function printTable(lines, invariants) {
  const rows = [
    ['invariant', 'held against it', 'made for it', 'seconds', 'verdict', 'property'],
    ...lines.map(({ invariant, histories, seconds, verdict, what }) =>
      [invariant, invariants[invariant]?.all, histories, Math.round(seconds), verdict, what].map(String),
    ),
  ];
  const widths = rows[0].map((_cell, at) => Math.max(...rows.map((row) => row[at].length)));
  for (const row of rows)
    process.stdout.write(
      `${row
        .map((cell, at) => cell.padEnd(widths[at]))
        .join('  ')
        .trimEnd()}\n`,
    );
}
