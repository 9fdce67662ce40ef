import { aCandidate } from '../../../../test/support/a-candidate';
import { aPlan } from '../../../../test/support/a-plan';
import { DEFAULT_TENANT_SETTINGS } from '../../tenants/tenant-settings';
import { paceOf, readPacing, storedPacing, subjectOf } from './pacing';

const OVERRIDDEN = "00:02:00, controllerid == 4711 -> 00:01:00, group == 'Europe' -> 00:05:05";

describe('readPacing', () => {
  it('needs no more of a device than the poll has read, while no filter asks for more', () => {
    expect(readPacing('00:02:00').needsRow).toBe(false);
    expect(readPacing('00:02:00, controllerid == 4711 -> 00:01:00').needsRow).toBe(false);
    expect(readPacing('00:02:00, model == board and pinned == true -> 00:01:00').needsRow).toBe(false);
  });

  it.each(['mode', 'takesPrereleases', 'revision', 'client', 'installedVersion', 'approval'])(
    'needs no more of a device for its %s',
    (field) => {
      const values: Record<string, string> = { mode: 'latest', client: 'rauc', approval: 'waiting' };
      const value = values[field] ?? 'true';
      expect(readPacing(`00:02:00, ${field} == ${value} -> 00:01:00`).needsRow).toBe(false);
    },
  );

  it.each([OVERRIDDEN, '00:02:00, tag == slow -> 01:00:00', '00:02:00, attribute.site == x -> 01:00:00'])(
    'needs the whole row for %s',
    (text) => {
      expect(readPacing(text).needsRow).toBe(true);
    },
  );

  it.each([
    [
      '00:02:00, colour == red -> 00:01:00',
      /has in override 1 a filter that is wrong at character 1: .*"colour"/,
    ],
    ['00:02:00, name == a -> 00:01:00, name = b -> 00:01:00', /has in override 2 a filter that is wrong/],
    ['2m', /^polling has "2m"/],
  ])('says what is wrong with %s', (text, why) => {
    expect(() => readPacing(text)).toThrow(why);
  });
});

describe('paceOf', () => {
  const pacing = readPacing(OVERRIDDEN);
  const device = (controllerId: string, feed = 'default') => ({
    ...subjectOf(aCandidate({ controllerId })),
    feed,
  });

  it('is the first override that fits, else the general one (R7)', () => {
    expect(paceOf(pacing, device('4711')).intervalMs).toBe(60_000);
    expect(paceOf(pacing, device('4711', 'Europe')).intervalMs).toBe(60_000);
    expect(paceOf(pacing, device('4712', 'Europe')).intervalMs).toBe(305_000);
    expect(paceOf(pacing, device('4712')).intervalMs).toBe(120_000);
  });
});

describe('a stored value', () => {
  it('gives way to the server when it is none that can be read', () => {
    expect(storedPacing(undefined)).toBeUndefined();
    expect(storedPacing('00:02:00, gone == field -> 00:01:00')).toBeUndefined();
    expect(storedPacing('soon')).toBeUndefined();
  });

  it('is read once, with the plan', () => {
    const settings = { ...DEFAULT_TENANT_SETTINGS, polling: OVERRIDDEN };
    expect(aPlan({ settings }).pacing?.filters).toHaveLength(2);
    expect(aPlan().pacing).toBeUndefined();
  });
});
