import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { Description } from './runner/description';
import { FOLDER, loadAssertions, loadCases } from './runner/load';
import { isRecord } from './runner/match';
import { requestsOf } from './runner/reading';

/** How many assertions each section of hawkBit's own tests makes. */
const ASSERTIONS = { R: 20, D: 18, A: 9, C: 7, X: 8, I: 14, F: 15, Q: 7, S: 16, U: 4 };

const cases = loadCases();
const assertions = loadAssertions();
const description = new Description();
const byId = new Map(cases.map((one) => [one.id, one]));

describe('the cases', () => {
  it('cover every assertion of the contract, each once', () => {
    const expected = Object.entries(ASSERTIONS).flatMap(([letter, count]) =>
      Array.from({ length: count }, (_, index) => `${letter}${index + 1}`),
    );
    expect(assertions.map(({ id }) => id).sort()).toEqual(expected.sort());
  });

  it('have one id each', () => {
    expect(cases.map(({ id }) => id)).toHaveLength(byId.size);
  });

  it.each(assertions)('keep $id as its status says: $status', ({ id, name, status, reason }) => {
    const one = byId.get(id);
    if (status === 'not-a-case') {
      expect([one, reason]).toEqual([undefined, expect.stringMatching(/^.{40,}\.$/)]);
      return;
    }
    expect([one?.name, one?.departs !== undefined]).toEqual([name, status === 'departure']);
  });

  it('of nothing but assertions and what lies beyond hawkBit\u2019s tests', () => {
    const known = new Set(assertions.map(({ id }) => id));
    expect(cases.map(({ id }) => id).filter((id) => !known.has(id) && !id.startsWith('B'))).toEqual([]);
  });

  it('say where both stand when they depart, and answer for one dialect alone only then', () => {
    for (const { id, departs, setup = [], steps } of cases) {
      const dialects = new Set([...setup, ...steps].flatMap((step) => step.for ?? []));
      expect([id, [...dialects].sort()]).toEqual([id, departs === undefined ? [] : ['hawkbit', 'rookery']]);
    }
  });
});

describe('openapi.yaml', () => {
  const requests = cases.flatMap(requestsOf);

  it('knows every request of the cases that is not meant to be refused for it', () => {
    const strange = requests.filter(
      ({ method, path, status }) =>
        path !== undefined &&
        description.find(method, path) === undefined &&
        status !== 404 &&
        status !== 405,
    );
    expect(strange).toEqual([]);
  });

  it('has no request that no case sends', () => {
    const sent = new Set(requests.map(({ method, path }) => path && description.find(method, path)));
    const unsent = description.operations.filter((operation) => !sent.has(operation));
    expect(unsent.map(({ method, template }) => `${method} ${template}`)).toEqual([]);
  });

  it('shows examples that are as their schemas say', () => {
    expect(description.faultsOfExamples()).toEqual([]);
  });

  it('numbers the sixteen resources', () => {
    const document = load(readFileSync(join(FOLDER, 'openapi.yaml'), 'utf8')) as { paths: object };
    const summaries = Object.values(document.paths).flatMap((item) =>
      Object.values(item as object).flatMap((operation) =>
        isRecord(operation) && typeof operation['summary'] === 'string' ? [operation['summary']] : [],
      ),
    );
    const numbers = summaries.flatMap((summary) => /^E(\d+)\./.exec(summary)?.[1] ?? []);
    expect(numbers.map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 16 }, (_, i) => i + 1));
  });
});

describe('the README', () => {
  it('lists every departure as its case tells it', () => {
    const rows = readFileSync(join(FOLDER, 'README.md'), 'utf8')
      .split('\n')
      .flatMap((line) => /^\| ([A-Z]\d+) +\|(.*)\|$/.exec(line)?.slice(1) ?? [])
      .map((cell) => cell.replace(/ *\| */g, '|').trim());
    const expected = cases.flatMap(({ id, departs }) =>
      departs === undefined ? [] : [id, `${departs.hawkbit}|${departs.rookery}|${departs.why}`],
    );
    expect(rows).toEqual(expected);
  });
});
