import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keepResult } from '../checks/keep-result.mjs';

const ROOT = join(import.meta.dirname, '..', '..');
const FILE = join(import.meta.dirname, 'results', 'mutation.json');

/** What the tests notice of the changes to each rule. */
export class Scores {
  #rules = new Map();

  /** `isPart`: the rules that are not looked at now keep the figures that they have. */
  constructor({ isPart }) {
    if (!isPart || !existsSync(FILE)) return;
    for (const one of JSON.parse(readFileSync(FILE, 'utf8')).rules) this.#rules.set(one.file, one);
  }

  /** Takes a report of Stryker's (the schema of mutation-testing-elements, version 1 or 2). */
  add(report) {
    for (const [file, { mutants }] of Object.entries(JSON.parse(readFileSync(report, 'utf8')).files)) {
      const count = (...states) => mutants.filter(({ status }) => states.includes(status)).length;
      const noticed = count('Killed', 'Timeout');
      const unnoticed = count('Survived', 'NoCoverage');
      this.#rules.set(file, { file, noticed, unnoticed, score: percent(noticed, unnoticed) });
    }
  }

  get #sorted() {
    const isThere = ({ file }) => existsSync(join(ROOT, file));
    return [...this.#rules.values()].filter(isThere).sort((a, b) => a.file.localeCompare(b.file));
  }

  get #whole() {
    const sum = (key) => this.#sorted.reduce((total, one) => total + one[key], 0);
    const [noticed, unnoticed] = [sum('noticed'), sum('unnoticed')];
    return { noticed, unnoticed, score: percent(noticed, unnoticed) };
  }

  write() {
    keepResult(import.meta.dirname, 'mutation', { ...this.#whole, rules: this.#sorted });
  }

  /** The table for people; true when the score of all is `least` at least. */
  tell(least) {
    const { noticed, unnoticed, score } = this.#whole;
    for (const one of this.#sorted)
      console.log(`${String(one.score).padStart(6)} %  ${one.file} (${one.unnoticed} unnoticed)`);
    console.log(
      `\n${noticed} of ${noticed + unnoticed} changes were noticed: ${score} %, of ${least} % demanded.`,
    );
    return score >= least;
  }
}

/** To two decimals; what has no mutants is without fault. */
function percent(noticed, unnoticed) {
  const all = noticed + unnoticed;
  return all === 0 ? 100 : Math.round((10_000 * noticed) / all) / 100;
}
