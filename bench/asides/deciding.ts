import { AIM_US, measureDeciding } from '../deciding/measure';
import type { Aside } from './aside';

/** The rule alone, in this process. */
export const deciding: Aside = {
  name: 'deciding',
  title: 'resolve with 50 rollouts in the plan, its trace included: µs of CPU by decision',
  measure: (_stage, isQuick) =>
    Promise.resolve(
      measureDeciding(isQuick ? 2000 : 20_000).map(({ name, micros }) => ({
        ...({ what: name, unit: 'µs', figure: micros, most: AIM_US } as const),
      })),
    ),
};
