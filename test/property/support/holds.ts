import { appendFileSync } from 'node:fs';
import fc from 'fast-check';
import type { Story } from './story';

/** The invariants of the engine, by letter and number. */
export const INVARIANTS = {
  B1: 'holders of a slot never exceed the cap, two instances racing; a lowered cap drains',
  B2: 'offered are only buckets below the percentage and explicit members, and never more than the maximum',
  B3: 'nobody of a later wave is offered before the gate of the wave before it passed or was advanced',
  B4: 'in the order of commits, no offer is admitted after the failure that crossed the line',
  B5: 'a paused or aborted rollout offers nothing from its commit on; resume loses nobody',
  B6: 'a device has at most one exposed action, and racing assignments settle on one winner',
  B7: 'a pinned, incompatible, newer or exhausted device is not offered',
  B8: 'outside its window a device is never told to install what it has not fetched inside',
  B9: 'every counter that is shown equals the count over the history',
  B10: 'the state machine is total; ends stay but for one late correction',
  B11: 'nothing that one tenant does changes another',
  B12: 'explain names the decision that the poll makes',
  B13: 'after a change of the plan the next poll of every instance obeys it',
  B14: 'a release is admitted to a device at most as often as the operator allowed',
  B15: 'a filter means the same in SQL and in memory',
  B16: 'every action ends, and every slot returns',
  B17: 'no success is counted without proof',
  B18: 'every event is kept with its change, once, in order, with an id of its own',
} as const;
export type Invariant = keyof typeof INVARIANTS;

/** PROPERTY_RUNS=10000 for the proof; the few of every run find what is wrong for more than a rare history. */
export const RUNS = Number(process.env['PROPERTY_RUNS'] ?? '30');

/** A seeded fault may break several invariants: does the property notice what breaks its own, whoever cries first? */
const HEARS_OWN_ONLY = process.env['PROPERTY_OWN_ONLY'] !== undefined;

/** What was met in all histories of a property: one that never sees what it is about proves nothing. */
const met = new Map<string, number>();
/** How many of its histories were held against which invariant. */
const judgements = new Map<Invariant, number>();

export function meet(what: string, times = 1): void {
  met.set(what, (met.get(what) ?? 0) + times);
}

/** One history was held against that invariant too. */
export function judged(id: Invariant): void {
  judgements.set(id, (judgements.get(id) ?? 0) + 1);
}

export function meetStory({ moments, actions, facts }: Story): void {
  meet('acts', moments.length);
  meet('refusals', moments.filter(({ answer }) => answer.is === 'refused').length);
  meet('actions', actions.size);
  for (const fact of facts) if (fact.kind === 'event') meet(fact.name);
}

interface Options<T> {
  readonly of: fc.Arbitrary<T>;
  /** Faults in words; none: it holds. Those of other invariants begin with their name: `B3: …`. */
  readonly faults: (one: T) => Promise<readonly string[]> | readonly string[];
  /** What must have been met so that the property says anything; only looked at in runs that are long enough. */
  readonly meets?: readonly string[];
  /** Cheap ones are run more often; two that speak of one invariant share its histories. */
  readonly runs?: number;
}

/** Fewer may by chance not meet what is rare. */
const ENOUGH_RUNS = 200;

/** A busy machine, two servers to start, and a history that has to be shrunk. */
const PATIENCE_MS = 180_000;
/** Whatever is broken is told in time: a smaller history is worth so much and no more. */
const SHRINKING_MS = 90_000;
const PATIENCE_EACH_MS = 2000;

/** Declares one property of an invariant as a test. */
export function holds<T>(id: Invariant, what: string, options: Options<T>): void {
  const runs = Math.ceil(options.runs ?? RUNS);
  const patienceMs = PATIENCE_MS + runs * PATIENCE_EACH_MS;
  it(`${what} (${runs} histories)`, () => check(id, what, { ...options, runs }), patienceMs);
}

async function check<T>(
  id: Invariant,
  what: string,
  { of, faults, meets = [], runs }: Options<T> & { readonly runs: number },
): Promise<void> {
  met.clear();
  judgements.clear();
  const startedMs = performance.now();
  let latest: readonly string[] = [];
  let brokenAtMs = Infinity;
  const property = fc.asyncProperty(of, async (one) => {
    if (performance.now() - brokenAtMs > SHRINKING_MS) return;
    try {
      const found = named(id, await faults(one));
      if (found.length > 0) latest = found;
      expect(found).toEqual([]);
    } catch (error) {
      if (latest.length === 0) latest = ['threw'];
      brokenAtMs = Math.min(brokenAtMs, performance.now());
      throw error;
    }
  });
  const endOnFailure = process.env['PROPERTY_NO_SHRINK'] !== undefined;
  const details = await fc.check(property, { numRuns: runs, endOnFailure, ...seedOf() });
  const unmet = runs < ENOUGH_RUNS ? [] : meets.filter((one) => (met.get(one) ?? 0) === 0);
  const isHeld = !details.failed && unmet.length === 0;
  report({
    ...{ invariant: id, what, verdict: isHeld ? 'holds' : 'broken', histories: details.numRuns },
    ...{ seconds: Math.round((performance.now() - startedMs) / 100) / 10, seed: details.seed },
    judged: { ...Object.fromEntries(judgements), [id]: Math.max(details.numRuns, judgements.get(id) ?? 0) },
    met: Object.fromEntries([...met].sort()),
    ...(details.failed ? { faults: latest.slice(0, 5) } : {}),
    ...(unmet.length === 0 ? {} : { unmet }),
  });
  if (details.failed)
    throw new Error(fc.defaultReportMessage(details) ?? 'broken', { cause: details.errorInstance });
  expect(unmet).toEqual([]);
}

/** Each by the invariant that it breaks, those of the property itself first. */
function named(id: Invariant, faults: readonly string[]): string[] {
  const all = faults.map((fault) => (/^B\d+: /.test(fault) ? fault : `${id}: ${fault}`));
  const isOwn = (fault: string): boolean => fault.startsWith(`${id}: `);
  return [...all.filter(isOwn), ...(HEARS_OWN_ONLY ? [] : all.filter((fault) => !isOwn(fault)))];
}

/** PROPERTY_SEED plays the same histories again. */
function seedOf(): { seed: number } | object {
  const seed = process.env['PROPERTY_SEED'];
  return seed === undefined ? {} : { seed: Number(seed) };
}

/** PROPERTY_REPORT names a file that one line is added to for each property. */
function report(line: object): void {
  const file = process.env['PROPERTY_REPORT'];
  if (file !== undefined) appendFileSync(file, `${JSON.stringify(line)}\n`);
}
