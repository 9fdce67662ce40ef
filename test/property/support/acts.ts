import fc from 'fast-check';
import type { DeviceMode } from '../../../src/modules/devices/device/device';
import type { RolloutVerb } from '../../../src/modules/rollouts/rollout/rollout';

/** Which of the two instances is asked. */
export type Side = 0 | 1;

/** What a device may say of its action, whatever the server expects. */
export type Word = 'progress' | 'downloaded' | 'rejected' | 'skipped' | 'success' | 'failure';

/** A version that a device reports: its release's, the one from before, or one that nobody has released. */
export type Shown = 'new' | 'old' | 'third';

/** What a device does. Places (`device: 3`) are taken modulo how many there are. */
export type DeviceAct =
  | { readonly does: 'poll' | 'fetch'; readonly device: number; readonly at: Side }
  /** `back`: of so many actions before the latest that it was shown. */
  | {
      readonly does: 'report';
      readonly device: number;
      readonly at: Side;
      readonly word: Word;
      readonly back: number;
    }
  | {
      readonly does: 'answer-cancel';
      readonly device: number;
      readonly at: Side;
      readonly isYes: boolean;
    }
  | { readonly does: 'show-version'; readonly device: number; readonly at: Side; readonly shown: Shown };

/** A whole update, so that histories get far: poll, fetch, progress, and then the ends that it names. */
export interface UpdateAct {
  readonly does: 'update';
  readonly device: number;
  readonly at: Side;
  readonly word: Word | undefined;
  readonly shown: Shown | undefined;
}

/** What an operator may change of a rollout while it runs. */
export type RolloutPatch =
  { readonly buckets: number } | { readonly cap: number | undefined } | { readonly mostDevices: number };

export type DevicePatch =
  | { readonly pinned: boolean }
  | { readonly mode: DeviceMode }
  | { readonly feed: number }
  | { readonly model: 'board' | 'other' }
  | { readonly tags: readonly string[] }
  | { readonly keeps: number }
  | { readonly force: number };

export type OperatorAct =
  | { readonly does: 'say'; readonly rollout: number; readonly at: Side; readonly verb: RolloutVerb }
  | {
      readonly does: 'change-rollout';
      readonly rollout: number;
      readonly at: Side;
      readonly to: RolloutPatch;
    }
  | { readonly does: 'change-device'; readonly device: number; readonly at: Side; readonly to: DevicePatch }
  | {
      readonly does: 'assign';
      readonly devices: readonly number[];
      readonly at: Side;
      readonly release: number;
    }
  | { readonly does: 'stop'; readonly at: Side; readonly isStopped: boolean }
  | { readonly does: 'cancel'; readonly device: number; readonly at: Side; readonly isForced: boolean };

/** Time passes, and then the schedulers of one instance look at what is due. */
export interface WaitAct {
  readonly does: 'wait';
  readonly at: Side;
  readonly ms: number;
}

/** What is done by itself. */
export type SingleAct = DeviceAct | UpdateAct | OperatorAct | WaitAct;
/** Or at once, by both instances. */
export type Act = SingleAct | { readonly does: 'at-once'; readonly acts: readonly SingleAct[] };

/** How often what is done; what is left out is never done. */
export type Habits = Partial<Readonly<Record<Act['does'], number>>>;

export interface Repertoire {
  readonly habits: Habits;
  readonly verbs?: readonly RolloutVerb[];
  readonly words?: readonly Word[];
  readonly patches?: fc.Arbitrary<RolloutPatch>;
  readonly changes?: fc.Arbitrary<DevicePatch>;
  readonly waits?: fc.Arbitrary<number>;
}

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

const side = fc.constantFrom<Side>(0, 1);
const place = fc.nat(7);
const shown = fc.constantFrom<Shown>('new', 'new', 'new', 'old', 'third');

export const aDevicePatch: fc.Arbitrary<DevicePatch> = fc.oneof(
  fc.record({ pinned: fc.boolean() }),
  fc.record({ mode: fc.constantFrom<DeviceMode>('rollout', 'rollout', 'latest', 'assigned') }),
  fc.record({ feed: fc.nat(1) }),
  fc.record({ model: fc.constantFrom('board' as const, 'board' as const, 'other' as const) }),
  fc.record({ tags: fc.constantFrom([], ['canary'], ['canary', 'lab']) }),
  fc.record({ keeps: fc.nat(3) }),
  fc.record({ force: fc.nat(3) }),
);

export const aRolloutPatch: fc.Arbitrary<RolloutPatch> = fc.oneof(
  fc.record({ buckets: fc.nat(10_000) }),
  fc.record({ cap: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }) }),
  fc.record({ mostDevices: fc.integer({ min: 1, max: 6 }) }),
);

const VERBS: readonly RolloutVerb[] = ['start', 'pause', 'resume', 'resume', 'advance'];
const WORDS: readonly Word[] = ['success', 'success', 'failure'];
const WAITS = fc.oneof(
  fc.integer({ min: 1, max: 30 * MINUTE_MS }),
  fc.integer({ min: HOUR_MS, max: 12 * HOUR_MS }),
  fc.integer({ min: DAY_MS, max: 8 * DAY_MS }),
);

function kinds(repertoire: Repertoire): Record<SingleAct['does'], fc.Arbitrary<SingleAct>> {
  const word = fc.constantFrom(...(repertoire.words ?? WORDS));
  const ofDevice = { device: place, at: side };
  const ofRollout = { rollout: fc.nat(3), at: side };
  return {
    poll: fc.record({ does: fc.constant('poll' as const), ...ofDevice }),
    fetch: fc.record({ does: fc.constant('fetch' as const), ...ofDevice }),
    report: fc.record({
      does: fc.constant('report' as const),
      ...ofDevice,
      word: fc.constantFrom<Word>(
        'progress',
        'downloaded',
        'rejected',
        'skipped',
        'success',
        'success',
        'failure',
      ),
      back: fc.constantFrom(0, 0, 0, 0, 1, 2),
    }),
    'answer-cancel': fc.record({
      does: fc.constant('answer-cancel' as const),
      ...ofDevice,
      isYes: fc.boolean(),
    }),
    'show-version': fc.record({ does: fc.constant('show-version' as const), ...ofDevice, shown }),
    update: fc.record({
      does: fc.constant('update' as const),
      ...ofDevice,
      word: fc.option(word, { nil: undefined, freq: 6 }),
      shown: fc.option(shown, { nil: undefined, freq: 3 }),
    }),
    say: fc.record({
      does: fc.constant('say' as const),
      ...ofRollout,
      verb: fc.constantFrom(...(repertoire.verbs ?? VERBS)),
    }),
    'change-rollout': fc.record({
      does: fc.constant('change-rollout' as const),
      ...ofRollout,
      to: repertoire.patches ?? aRolloutPatch,
    }),
    'change-device': fc.record({
      does: fc.constant('change-device' as const),
      ...ofDevice,
      to: repertoire.changes ?? aDevicePatch,
    }),
    assign: fc.record({
      does: fc.constant('assign' as const),
      devices: fc.uniqueArray(place, { minLength: 1, maxLength: 3 }),
      at: side,
      release: fc.nat(3),
    }),
    stop: fc.record({ does: fc.constant('stop' as const), at: side, isStopped: fc.boolean() }),
    cancel: fc.record({ does: fc.constant('cancel' as const), ...ofDevice, isForced: fc.boolean() }),
    wait: fc.record({ does: fc.constant('wait' as const), at: side, ms: repertoire.waits ?? WAITS }),
  };
}

/** Ten to forty acts, in which what the habits name is done as often as they say. */
export function someActs(
  repertoire: Repertoire,
  length: { least: number; most: number } = { least: 8, most: 26 },
): fc.Arbitrary<readonly Act[]> {
  const arbitraries = kinds(repertoire);
  const { 'at-once': atOnce, ...habits } = repertoire.habits;
  const weighted = Object.entries(habits).map(([does, weight]) => ({
    weight,
    arbitrary: arbitraries[does as SingleAct['does']],
  }));
  const single = fc.oneof(...weighted);
  const racing = weighted.filter(({ arbitrary }) => arbitrary !== arbitraries.wait);
  const act: fc.Arbitrary<Act> =
    atOnce === undefined
      ? single
      : fc.oneof(
          { weight: weighted.reduce((sum, { weight }) => sum + weight, 0), arbitrary: single },
          {
            weight: atOnce,
            arbitrary: fc.record({
              does: fc.constant('at-once' as const),
              acts: fc.array(fc.oneof(...racing), { minLength: 2, maxLength: 5 }),
            }),
          },
        );
  return fc.array(act, { minLength: length.least, maxLength: length.most, size: 'max' });
}
