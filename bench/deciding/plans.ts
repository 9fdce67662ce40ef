import type { PlanRows } from '../../src/modules/rollouts/plan/plan';
import type { Wave } from '../../src/modules/rollouts/rollout/wave';
import { DEFAULT_TENANT_SETTINGS } from '../../src/modules/tenants/tenant-settings';
import { aRelease, aRollout, aWave, type RolloutFacts } from '../../test/support/a-plan';

/** As many rollouts as a decision has to bear. */
export const ROLLOUTS = 50;
const ZONES = ['Europe/Berlin', 'America/New_York', 'Asia/Tokyo', 'Australia/Lord_Howe', '+05:45'];
const DAY_MS = 86_400_000;

type Rows = Pick<PlanRows, 'releases' | 'rollouts'> & Partial<PlanRows>;

/** Three waves, the last of them under way. */
const STAGED: Partial<RolloutFacts> = {
  waves: [aWave(1, 100), aWave(2, 1000), aWave(3, 10_000)],
  currentWave: 3,
};

/** The oldest comes last: rollouts are asked from the newest on. */
function rollouts(changesOf: (at: number) => Partial<RolloutFacts>): RolloutFacts[] {
  return Array.from({ length: ROLLOUTS }, (_unused, at) =>
    aRollout({
      ...{ id: String(at + 10), name: `rollout ${at}`, salt: String(at + 10) },
      ...{ releaseId: String(at + 1), startedAtMs: at + 1, ...STAGED },
      ...changesOf(at),
    }),
  );
}

function releases(hardwareOf: (at: number) => { model: string; revision: string }): PlanRows['releases'] {
  return Array.from({ length: ROLLOUTS }, (_unused, at) =>
    aRelease({
      ...{ id: String(at + 1), name: `firmware ${at}`, version: `2.0.${at}` },
      hardware: [hardwareOf(at)],
    }),
  );
}

const OWN_BOARD = { model: 'my-board', revision: '*' };

export function onOtherFeeds(): Rows {
  return { releases: releases(() => OWN_BOARD), rollouts: rollouts((at) => ({ feedId: String(at + 2) })) };
}

/** Of 50 kinds of boards, each with its own firmware, the device is one of the last or of none. */
export function byHardware(fitting: 'last' | 'none'): Rows {
  const model = (at: number): string => (at === 0 && fitting === 'last' ? 'my-board' : `board-${at}`);
  return {
    releases: releases((at) => ({ model: model(at), revision: '*' })),
    rollouts: rollouts(() => ({})),
  };
}

/** The same told apart by expressions over the revision, as SWUpdate's bundles bring them. */
export function byExpression(): Rows {
  const revision = (at: number): string => (at === 0 ? '#RE:^rev4\\.[0-9]+$' : `#RE:^rev${at + 4}\\.[0-9]+$`);
  return {
    releases: releases((at) => ({ model: 'my-*', revision: revision(at) })),
    rollouts: rollouts(() => ({})),
  };
}

/** To no feed: each has a filter, which the device passes in the end, or never. */
export function byFilter(filterOf: (at: number) => string): Rows {
  return {
    releases: releases(() => OWN_BOARD),
    rollouts: rollouts((at) => ({ feedId: undefined, filter: filterOf(at) })),
  };
}

/** Version 51 upgrades from 50 only, that from 49 only, and so on: who runs version 1 has all of them before it. */
export function byHops(): Rows {
  const chain = Array.from({ length: ROLLOUTS }, (_unused, at) =>
    aRelease({ id: String(at + 1), version: `${at + 2}.0.0`, upgradeFrom: `>=${at + 1}.0.0 <${at + 2}.0.0` }),
  );
  const others = rollouts((at) => ({ feedId: at === ROLLOUTS - 1 ? '1' : '2' }));
  return { releases: chain, rollouts: others };
}

/** Each rollout has as many waves as it may, and each wave names a thousand devices, tags and a filter. */
export function byMembers(): Rows {
  const waves = Array.from({ length: ROLLOUTS }, (_unused, at): Wave =>
    aWave(at + 1, 0, {
      members: {
        controllerIds: Array.from({ length: 1000 }, (_each, n) => `canary-${at}-${n}`),
        tags: Array.from({ length: 20 }, (_each, n) => `tag-${at}-${n}`),
        filter: `attribute.site=="hall ${at + 100}"`,
      },
    }),
  );
  return {
    releases: releases(() => OWN_BOARD),
    rollouts: rollouts(() => ({ waves, currentWave: ROLLOUTS })),
  };
}

/** Open by nobody's clock at the hour that is asked about; 50 freezes are over or to come. */
export function byWindows(now: Date): Rows {
  const days = [1, 2, 3, 4, 5, 6, 7];
  const window = { days, fromMinute: 22 * 60, toMinute: 22 * 60 + 15, timezone: undefined };
  const freezes = Array.from({ length: ROLLOUTS }, (_unused, at) => {
    const fromMs = now.getTime() + (at - ROLLOUTS / 2) * 10 * DAY_MS + DAY_MS;
    return { from: new Date(fromMs), to: new Date(fromMs + DAY_MS), reason: `freeze ${at}` };
  });
  const settings = {
    ...DEFAULT_TENANT_SETTINGS,
    rollouts: { ...DEFAULT_TENANT_SETTINGS.rollouts, freezes },
  };
  return {
    releases: releases(() => OWN_BOARD).map((release) => ({ ...release, p90Ms: 600_000 })),
    rollouts: rollouts(() => ({ windows: [window] })),
    settings,
  };
}

/** Of 50 rollouts the last means the device, by feed, hardware, filter, range of versions, wave and window: no rule is skipped. */
export function byEverything(now: Date): Rows {
  const { settings } = byWindows(now);
  const window = { days: [1, 2, 3, 4, 5, 6, 7], fromMinute: 0, toMinute: 24 * 60, timezone: undefined };
  return {
    releases: releases(() => OWN_BOARD).map((release) => ({
      ...release,
      ...{ upgradeFrom: '>=1.0.0', p90Ms: 600_000 },
    })),
    rollouts: rollouts((at) => ({
      ...{ windows: [window], attempts: 3, retryBackoffMs: 1000 },
      filter: `client==unknown;attribute.site=="hall ${at === 0 ? 7 : 100 + at}"`,
    })),
    ...(settings === undefined ? {} : { settings }),
  };
}

/** A zone of the device's own, as it tells it. */
export function zoneOf(at: number): string {
  return ZONES[at % ZONES.length] ?? 'UTC';
}
