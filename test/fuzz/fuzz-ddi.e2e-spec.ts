import { Arena } from './arena';
import { FuzzRun } from './fuzz-run';
import { ROUTE_NAMES } from './routes';

const REQUESTS = 100_000;
jest.setTimeout(1_200_000);

describe('the device API under spoilt requests', () => {
  let arena: Arena;

  beforeAll(async () => {
    arena = await Arena.open(20);
  });
  afterAll(() => arena.close());

  it('answers each without a 5xx, changes no row for one that it refuses, and stays as it was', async () => {
    const result = await new FuzzRun(arena, { seed: 1, requests: REQUESTS }).run();
    expect(result.faults).toEqual([]);
    expect(result.requests).toBe(REQUESTS);
    expect(Object.keys(result.byRoute)).toEqual(ROUTE_NAMES);
    // A fuzzer that is refused everything proves nothing.
    expect(result.byStanding['accepted']).toBeGreaterThan(REQUESTS / 10);
    expect(result.changedRows).toBeGreaterThan(REQUESTS / 10);
  });
});
