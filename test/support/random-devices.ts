import fc from 'fast-check';
import type { Client } from 'pg';
import { APPROVALS, DEVICE_MODES } from '../../src/modules/devices/device/device';
import type { RsqlComparison } from '../../src/platform/rsql/tree';
import { aComparison } from './a-filter';
import { NASTY_TEXTS } from './nasty-texts';

const HOUR_MS = 3_600_000;
const NOON_MS = Date.parse('2026-11-21T12:00:00Z');

/** Few different texts, so that filters meet devices; the rest odd ones, so that they meet everything once. */
const text = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'A',
    'aa',
    'aBa',
    'a_a',
    'a%',
    '\\a',
    'eu',
    'EU',
    'us',
    'board-1',
    'Board-10',
    '1.0',
    '1.10',
  ),
  fc.constantFrom(...NASTY_TEXTS),
  fc.string({ unit: fc.constantFrom(...'aAb%_\\*\u00e4\u00c4\ue000\u{1f99c}\n'), maxLength: 4 }),
);
const KEYS = [
  'region',
  'Region',
  'REGION',
  'hw.rev',
  'gr\u00f6\u00dfe',
  'GR\u00d6SSE',
  '__proto__',
  'constructor',
  'a b',
  '',
];
const FEEDS = ['default', 'Europe', 'EUROPE 2', '\u00d6st\u00f6st'];

/** Microseconds, since Postgres keeps them and Date does not; close together, so that some are equal. */
const instant = fc
  .tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom('000000', '000999', '001000', '500001', '999999'))
  .map(([hours, micros]) => `${new Date(NOON_MS + hours * HOUR_MS).toISOString().slice(0, 19)}.${micros}Z`);

const orNull = <T>(one: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(one, { freq: 3 });

/** A row of `device`, with its feed by name and its presence. */
const aDevice = fc.record({
  name: orNull(text),
  feed: fc.constantFrom(...FEEDS),
  mode: fc.constantFrom(...DEVICE_MODES),
  is_pinned: fc.boolean(),
  takes_prereleases: fc.boolean(),
  tags: fc.array(text, { maxLength: 3 }),
  attributes: fc
    .array(fc.tuple(fc.constantFrom(...KEYS), text), { maxLength: 4 })
    .map((pairs) => Object.fromEntries(pairs)),
  set_model: fc.option(text, { freq: 1 }),
  reported_model: orNull(text),
  set_revision: fc.option(text, { freq: 1 }),
  reported_revision: orNull(text),
  installed_version: orNull(text),
  created_at: instant,
  created_by: text,
  updated_at: instant,
  has_presence: fc.nat(9).map((tenth) => tenth > 0),
  last_seen_at: orNull(instant),
  address: orNull(text),
  approval: fc.constantFrom(...APPROVALS),
});

/** Writes `count` random devices of tenant 1 in one statement, with ids that are distinct but not by much. */
export async function insertRandomDevices(client: Client, count: number): Promise<void> {
  const devices = fc.sample(aDevice, count).map((device, index) => {
    const prefix = ['d', 'D', 'dev-', '\u00e4', '\u{1f99c}', '\ue000'][index % 6] ?? '';
    return { ...device, controller_id: `${prefix}${index.toString(36)}` };
  });
  await client.query(
    `INSERT INTO feed (tenant_id, name, is_default) SELECT 1, name, false FROM unnest($1::text[]) AS name
     ON CONFLICT DO NOTHING`,
    [FEEDS],
  );
  await client.query(
    `WITH given AS (
       SELECT * FROM jsonb_to_recordset($1) AS g (controller_id text, name text, feed text, mode text,
         is_pinned boolean, takes_prereleases boolean, tags text[], attributes jsonb, set_model text,
         reported_model text, set_revision text, reported_revision text, installed_version text,
         created_at timestamptz, created_by text, updated_at timestamptz, has_presence boolean,
         last_seen_at timestamptz, address text, approval text)),
     made AS (
       INSERT INTO device (tenant_id, controller_id, name, feed_id, mode, is_pinned, takes_prereleases, tags, attributes,
         set_model, reported_model, set_revision, reported_revision, installed_version, created_at, created_by,
         updated_at, approval)
       SELECT 1, g.controller_id, g.name, f.id, g.mode, g.is_pinned, g.takes_prereleases, g.tags, g.attributes,
              g.set_model, g.reported_model, g.set_revision, g.reported_revision, g.installed_version, g.created_at,
              g.created_by, g.updated_at, g.approval
         FROM given g JOIN feed f ON f.tenant_id = 1 AND f.name = g.feed
       RETURNING id, controller_id)
     INSERT INTO device_presence (device_id, tenant_id, last_seen_at, address)
     SELECT m.id, 1, g.last_seen_at, g.address FROM made m JOIN given g USING (controller_id) WHERE g.has_presence`,
    [JSON.stringify(devices)],
  );
}

/** Short, so that they overlap in what they are looked for in, and with the signs of LIKE. */
const segment = fc.oneof(
  fc.constantFrom('', '', 'a', 'a', 'A', 'aa', 'ba', '_', '%', '\\'),
  fc.constantFrom('eu', 'board', '-', '1', '\n', '\u{1f99c}'),
);
/** hawkBit's milliseconds, or what the API shows. */
const instantValue = fc.oneof(
  instant.map((one) => `${one.slice(0, 23)}Z`),
  instant.map((one) => String(Date.parse(one))),
  fc.constantFrom('2026-11-21', '2026-11-21T13:30:00+01:30', '0'),
);

/** Comparisons that are apt to hold for some of these devices and not for others, in hawkBit's names and in ours. */
export const aDeviceComparison: fc.Arbitrary<RsqlComparison> = fc.oneof(
  {
    weight: 6,
    arbitrary: aComparison(
      fc.constantFrom(
        'name',
        'tag',
        'model',
        'revision',
        'installedVersion',
        'installedds.version',
        'address',
        'createdBy',
      ),
      text,
      { segment },
    ),
  },
  {
    weight: 4,
    arbitrary: aComparison(fc.constantFrom(...KEYS.slice(0, -1).map((key) => `ATTRIBUTE.${key}`)), text, {
      segment,
    }),
  },
  {
    weight: 2,
    arbitrary: aComparison(fc.constantFrom('id', 'controllerid'), fc.constantFrom('d6', 'D7', '\ue000e'), {
      segment: fc.constantFrom('', 'd', 'D', 'dev-', '\u00e4', '1', 'a', 'z', '\u{1f99c}'),
    }),
  },
  {
    weight: 1,
    arbitrary: aComparison(fc.constantFrom('feed', 'group'), fc.constantFrom(...FEEDS, 'europe'), {
      segment,
    }),
  },
  {
    weight: 1,
    arbitrary: aComparison(fc.constant('mode'), fc.constantFrom(...DEVICE_MODES, 'LATEST'), { segment }),
  },
  {
    weight: 1,
    arbitrary: aComparison(fc.constant('approval'), fc.constantFrom(...APPROVALS, 'Waiting'), { segment }),
  },
  {
    weight: 3,
    arbitrary: aComparison(
      fc.constantFrom('lastSeen', 'lastControllerRequestAt', 'createdAt', 'updatedAt', 'lastmodifiedat'),
      instantValue,
    ),
  },
  {
    weight: 1,
    arbitrary: aComparison(fc.constantFrom('pinned', 'takesPrereleases'), fc.constantFrom('true', 'FALSE'), {
      isOrdered: false,
    }),
  },
);
