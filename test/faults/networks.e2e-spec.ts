import {
  blackHole,
  cuts,
  DATABASE,
  DEVICES,
  frozenInstance,
  latency,
  lostAnswers,
  lostCommits,
  outage,
  suffer,
  swallowedAnswers,
  type NetworkTroubles,
  type Trouble,
} from './network-troubles';
import { livingFaults } from './play';
import type { Setting } from './theatre';

jest.setTimeout(240_000);

const GRACE_MS = 2_000;

async function play(
  setting: Setting,
  devices: number,
  troubles: readonly Trouble[],
): Promise<NetworkTroubles> {
  const size = { devices, pollMs: 500, timeScale: 5 };
  const casting = { ...size, setting, seed: 5, faults: livingFaults(2), say: () => undefined };
  const result = await suffer(casting, troubles, GRACE_MS);
  expect(result.findings.faults).toEqual([]);
  expect(result.findings.receipts).toMatchObject({ lost: 0, twice: 0, refusedYetLogged: 0 });
  return result;
}

describe('while devices report', () => {
  it('loses nothing over a bad network between devices and Rookery, answers lost after the commit among it', async () => {
    const { findings, ...seen } = await play({ postgres: 'own', instances: 2 }, 60, [
      latency(DEVICES, 100, 1_500),
      cuts(DEVICES, 4),
      blackHole(DEVICES, 2_000, false),
      swallowedAnswers(DEVICES, 1_000),
      outage(DEVICES, 500),
      lostAnswers(0.15, 4_000),
    ]);
    expect(seen.lostAnswers).toBeGreaterThan(0);
    expect(findings.receipts.takenUnheard).toBeGreaterThan(0);
  });

  it('loses nothing over a bad network between Rookery and Postgres, commits of unknown outcome among it', async () => {
    const { findings } = await play({ postgres: 'own', linksPostgres: true }, 50, [
      latency(DATABASE, 15, 1_500),
      cuts(DATABASE, 4),
      blackHole(DATABASE, 2_500, false),
      swallowedAnswers(DATABASE, 1_000),
      outage(DATABASE, 500),
      lostCommits(0.3, 3_000),
    ]);
    expect(findings.receipts.takenUnheard).toBeGreaterThan(0);
  });

  it('goes on after a black hole to Postgres, and a frozen instance, that last longer than every time-out', async () => {
    await play({ postgres: 'own', instances: 2, linksPostgres: true }, 40, [
      blackHole(DATABASE, 19_000, true),
      frozenInstance(3_000, false),
    ]);
  });
});
