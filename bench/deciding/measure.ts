import { figureOf, type Figure } from '../figures';
import { decidingCases, outcomeOf, type DecidingCase } from './cases';

/** What a decision may take. */
export const AIM_US = 20;
const ROUNDS = 9;

/** What one kind of decision took, in microseconds of CPU, those of the garbage collector included. */
export interface DecidingFigure {
  readonly name: string;
  readonly micros: Figure;
}

/**
 * How long `resolve` takes with fifty rollouts in the plan: nothing but the rules and their trace, in this process, as the poll asks
 * for it. The cases take turns, so that what else the machine does meets all of them.
 */
export function measureDeciding(times: number): DecidingFigure[] {
  const cases = decidingCases();
  const micros = cases.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round += 1)
    for (const [at, one] of cases.entries()) {
      const each = microsOf(one, times);
      // The first round warms up.
      if (round > 0) micros[at]?.push(each);
    }
  return cases.map(({ name }, at) => ({ name, micros: figureOf(micros[at] ?? []) }));
}

function microsOf({ name, expected, decide }: DecidingCase, times: number): number {
  const outcome = outcomeOf(decide(0).decision);
  if (outcome !== expected) throw new Error(`"${name}" came to ${outcome} instead of ${expected}`);
  const before = process.cpuUsage();
  for (let turn = 0; turn < times; turn += 1) decide(turn);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / times;
}
