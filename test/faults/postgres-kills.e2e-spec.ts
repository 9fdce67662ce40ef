import { livingFaults, type Casting } from './play';
import { killPostgres } from './postgres-kills';
import type { Setting } from './theatre';

jest.setTimeout(240_000);

/** Far more than the 2 s that the proof demands on a quiet machine. */
const GRACE_MS = 6_000;

const short = (setting: Setting): Casting => ({
  ...{ setting, devices: 60, seed: 2, faults: livingFaults(2), pollMs: 500, timeScale: 5 },
  say: () => undefined,
});

describe('kill -9 of Postgres while devices report', () => {
  it.each([
    { whose: 'beside Rookery, the third time of a single backend', setting: { postgres: 'own' }, kills: 3 },
    { whose: 'that Rookery brings and starts again itself', setting: { postgres: 'brought' }, kills: 1 },
  ] as const)('answers soon again and has lost nothing: $whose', async ({ setting, kills }) => {
    const { rightAfterMs, findings } = await killPostgres(short(setting), { kills, graceMs: GRACE_MS });
    process.stdout.write(`right answers after Postgres' return: ${JSON.stringify(rightAfterMs)} ms\n`);
    expect(findings.faults).toEqual([]);
    expect(findings).toMatchObject({ wrongAnswers: 0, receipts: { lost: 0, twice: 0, refusedYetLogged: 0 } });
    expect(findings.receipts.acknowledged).toBeGreaterThan(50);
    expect(rightAfterMs.most).toBeLessThan(GRACE_MS);
  });
});
