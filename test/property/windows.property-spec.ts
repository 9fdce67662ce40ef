import fc from 'fast-check';
import type { RolloutWindow } from '../../src/modules/rollouts/rollout/rollout-window';
import { faultsOfWindows } from './judges/devices';
import { isOpenByWall } from './judges/windows';
import { rolloutsOf } from './judges/timeline';
import { HOUR_MS, MINUTE_MS, someActs } from './support/acts';
import { aCast, BUSY } from './support/cast';
import { Company } from './support/company';
import { holds, INVARIANTS, meet } from './support/holds';

const company = new Company();
afterAll(() => company.close());

const ZONES = [undefined, 'Europe/Berlin', 'America/New_York', 'Asia/Kathmandu', '+05:30'];

/** Some hours of every day, so that histories of a few days go in and out. */
const aWindow: fc.Arbitrary<RolloutWindow> = fc.record({
  days: fc.constantFrom([1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5], [6, 7]),
  fromMinute: fc.nat(24 * 60 - 1),
  toMinute: fc.integer({ min: 1, max: 24 * 60 }),
  timezone: fc.constantFrom(...ZONES),
});

describe(`B8 ${INVARIANTS.B8}`, () => {
  holds('B8', 'whatever time it is when the device polls and fetches', {
    of: fc.record({
      cast: aCast({
        devices: { least: 3, most: 6 },
        rollouts: { least: 1, most: 2 },
        device: {
          ...BUSY.device,
          timezone: fc.constantFrom(...ZONES),
          client: fc.constantFrom('unknown', 'swupdate', 'rauc'),
        },
        rollout: {
          ...BUSY.rollout,
          attempts: fc.constant(3),
          windows: fc.array(aWindow, { minLength: 1, maxLength: 2 }),
        },
      }),
      acts: someActs({
        habits: { poll: 10, fetch: 4, update: 4, wait: 8, 'at-once': 1 },
        waits: fc.oneof(
          fc.integer({ min: MINUTE_MS, max: HOUR_MS }),
          fc.integer({ min: HOUR_MS, max: 9 * HOUR_MS }),
        ),
      }),
    }),
    faults: async (script) => {
      const { story, faults } = await company.play(script);
      for (const { answer } of story.moments)
        if (answer.is === 'told' && answer.directive.opensAtMs !== undefined) meet('told when to come back');
      const outside = faultsOfWindows(story, ({ nowMs }, { timezone }, { rolloutId }) => {
        const rollout = rolloutsOf(story).find(({ id }) => id === rolloutId);
        const isOpen = rollout === undefined || isOpenByWall(rollout.part.windows, timezone, nowMs);
        meet(isOpen ? 'told inside' : 'told outside');
        return isOpen;
      });
      return [...outside, ...faults];
    },
    meets: ['told inside', 'told when to come back'],
  });
});
