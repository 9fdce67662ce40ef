import { FAULTS } from '../../src/cli/simulator/fault';
import { runFleet } from './fleet-run';

jest.setTimeout(240_000);

describe('a fleet of all profiles on two instances', () => {
  it('ends where the oracle says, counted right and without a 5xx, though every fault befalls some devices', async () => {
    const size = { devices: 180, instances: 2, perCent: 4, seed: 11, cancelOneIn: 10 };
    const run = await runFleet({ ...size, pollMs: 1_000, timeScale: 10, say: () => undefined });
    expect(run.findings.faults).toEqual([]);
    expect(run.findings).toMatchObject({ wrongAnswers: 0, refusedInOutage: 0 });
    expect(FAULTS.filter((fault) => (run.faultsHad[fault] ?? 0) === 0)).toEqual([]);
    expect(run.cancelsAsked).toBeGreaterThan(0);
  });
});
