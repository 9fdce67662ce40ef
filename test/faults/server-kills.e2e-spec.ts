import { livingFaults, type Casting } from './play';
import { killServers } from './server-kills';
import type { Setting } from './theatre';

jest.setTimeout(240_000);

/** The short form of `npm run proof:crash`. */
const short = (setting: Setting, devices: number): Casting => ({
  ...{ setting, devices, seed: 20, faults: livingFaults(2), pollMs: 500, timeScale: 5 },
  say: () => undefined,
});

const NOTHING_WRONG = { lost: 0, twice: 0, refusedYetLogged: 0, examples: [] };

describe('kill -9 of the server while devices report', () => {
  it('loses no acknowledged report and counts none twice, with the Postgres that Rookery brings', async () => {
    const { kills, findings } = await killServers(short({ postgres: 'brought' }, 80), 7);
    expect(findings.faults).toEqual([]);
    expect(findings).toMatchObject({ wrongAnswers: 0, receipts: NOTHING_WRONG });
    expect(kills).toBeGreaterThanOrEqual(7);
    expect(findings.receipts.acknowledged).toBeGreaterThan(100);
  });

  it('loses none either when one of two instances dies and the other goes on', async () => {
    const { findings } = await killServers(short({ postgres: 'own', instances: 2 }, 60), 3);
    expect(findings.faults).toEqual([]);
    expect(findings).toMatchObject({ wrongAnswers: 0, receipts: NOTHING_WRONG });
    expect(findings.receipts.acknowledged).toBeGreaterThan(50);
  });
});
