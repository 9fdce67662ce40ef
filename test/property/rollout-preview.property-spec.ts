import fc from 'fast-check';
import { Clock } from '../../src/platform/clock/clock';
import { systemActor } from '../../src/platform/actor/actor';
import { isSameVersion } from '../../src/modules/releases/release/version';
import { bucketOf, bucketSql } from '../../src/modules/rollouts/rollout/bucket';
import { PlansService } from '../../src/modules/rollouts/plan/plans.service';
import { outcomeOf } from '../../src/modules/rollouts/resolve/preview';
import { DecisionsService } from '../../src/modules/updates/sightings/decisions.service';
import { PreviewService, type Preview } from '../../src/modules/updates/explain/preview.service';
import { SightingsService } from '../../src/modules/updates/sightings/sightings.service';
import { insertRandomDevices } from '../support/random-devices';
import { insertRandomPlan } from '../support/random-plan';
import { startRookery, type TestRookery } from '../support/rookery-app';

/** PREVIEW_RUNS=500 for a thorough look. */
const RUNS = Number(process.env['PREVIEW_RUNS'] ?? '12');
const DEVICES = 400;
const actor = systemActor('1');

jest.setTimeout(60_000 + RUNS * 8000);

let rookery: TestRookery;
let controllerIds: string[];

beforeAll(async () => {
  rookery = await startRookery();
  await insertRandomDevices(rookery.database as never, DEVICES);
  const rows = await rookery.database.query<{ controller_id: string }>(
    'SELECT controller_id FROM device WHERE tenant_id = 1',
  );
  controllerIds = rows.map((row) => row.controller_id);
});
afterAll(() => rookery.close());

/** One device after the other, by what a poll reads. */
async function bruteForce(rolloutId: string): Promise<Preview> {
  const { app } = rookery;
  const now = app.get(Clock).now();
  const supposed = (await app.get(PlansService).asIfRunning('1', rolloutId, now.getTime()))!;
  const rollout = supposed.rollouts.get(rolloutId)!;
  const groups = new Map<string, Preview['groups'][number]>();
  let devices = 0;
  for (const controllerId of controllerIds) {
    const sighting = await app.get(SightingsService).find({ tenantKey: 'DEFAULT', controllerId });
    const plan = { ...supposed, needsRow: true };
    const device = await app.get(DecisionsService).beheld(plan, sighting!.device!);
    const isOnFeed = rollout.feedId === undefined || rollout.feedId === device.feedId;
    const isFound = rollout.filter?.matches(device.row!) !== false;
    const { reverts, release } = rollout;
    const isReverted =
      reverts === undefined ||
      (device.changedBy?.rolloutId === reverts.rolloutId &&
        device.changedBy.fromReleaseId === release.id &&
        isSameVersion(device.installedVersion ?? '', reverts.version));
    if (!isOnFeed || !isFound || !isReverted) continue;
    devices += 1;
    const { decision, wave } = outcomeOf(device, supposed, rollout, now);
    const key = `${decision} ${wave ?? ''}`;
    const group = { decision, ...(wave === undefined ? {} : { wave }), devices: 0, ...groups.get(key) };
    groups.set(key, { ...group, devices: group.devices + 1 });
  }
  return { devices, groups: [...groups.values()] };
}

const inOrder = ({ devices, groups }: Preview): unknown => ({
  devices,
  groups: groups.map(({ decision, wave, devices: count }) => `${decision} ${wave ?? ''}: ${count}`).sort(),
});

it('a preview says of any fleet and any plan what resolve says of each device', async () => {
  const seen = new Set<string>();
  const preview = rookery.app.get(PreviewService);
  await fc.assert(
    fc.asyncProperty(fc.integer(), async (seed) => {
      for (const rolloutId of await insertRandomPlan(rookery.database, seed)) {
        const found = await preview.preview(actor, rolloutId);
        expect(inOrder(found)).toEqual(inOrder(await bruteForce(rolloutId)));
        for (const { decision } of found.groups) seen.add(decision);
      }
    }),
    { numRuns: RUNS },
  );
  // Plans under which nothing ever happens would prove nothing.
  expect([...seen].sort()).toEqual(expect.arrayContaining(['offer', 'not-in-wave', 'superseded', 'pinned']));
});

it('a bucket is the same in SQL and in memory, whatever the device is called', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 30 }).filter((one) => !/[\0\p{Cs}]/u.test(one));
  await fc.assert(
    fc.asyncProperty(text, fc.array(text, { minLength: 50, maxLength: 200 }), async (salt, names) => {
      const rows = await rookery.database.query<{ bucket: number }>(
        `SELECT ${bucketSql('$1::text', 'n.name')} AS bucket
           FROM unnest($2::text[]) WITH ORDINALITY AS n (name, position) ORDER BY n.position`,
        [salt, names],
      );
      expect(rows.map(({ bucket }) => bucket)).toEqual(names.map((name) => bucketOf(salt, name)));
    }),
    { numRuns: 30 },
  );
});
