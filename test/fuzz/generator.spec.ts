import { mutantOf } from './generator';
import { ROUTE_NAMES } from './routes';
import type { Mutant } from './request';
import type { World } from './world';

const WORLD: World = {
  tenant: 'DEFAULT',
  gatewayToken: 'a-gateway-token',
  authority: 'abc',
  devices: Array.from({ length: 40 }, (_, n) => ({
    controllerId: `fuzz-${String(n).padStart(4, '0')}`,
    state: 'offered',
    targetToken: n % 2 === 0 ? `token-${n}` : undefined,
    actionIds: [String(n + 1)],
  })),
  modules: [{ id: '1', fileNames: ['a.bin'] }],
  releases: [{ name: 'firmware', version: '2.0.0' }],
};

function requests(seed: number, batches: number): Mutant[] {
  return Array.from({ length: batches }, (_, batch) =>
    WORLD.devices.map((device, place) => mutantOf({ seed, batch, place }, WORLD, device)),
  ).flat();
}

describe('the requests of a run', () => {
  const all = requests(1, 100);

  it('are the same for the same seed, and others for another', () => {
    const bytes = (mutants: Mutant[]): string[] =>
      mutants.map(({ pieces }) => Buffer.concat(pieces).toString('hex'));
    expect(bytes(requests(1, 3))).toEqual(bytes(requests(1, 3)));
    expect(bytes(requests(2, 3))).not.toEqual(bytes(requests(1, 3)));
  });

  it('are of every route', () => {
    expect(new Set(all.map(({ route }) => route))).toEqual(new Set(ROUTE_NAMES));
  });

  it('are spoilt in every way, most of them in one, and some not at all', () => {
    const names = all.flatMap(({ mutations }) => mutations);
    const groups = new Set(names.map((name) => name.split(':')[0]));
    const expected = [
      'method',
      'path',
      'target',
      'query',
      'header',
      'credential',
      'proxy',
      'range',
      'condition',
    ];
    expect(groups).toEqual(new Set([...expected, 'json', 'cbor', 'framing', 'wire']));
    const sound = all.filter(({ mutations }) => mutations.length === 0).length;
    expect(sound).toBeGreaterThan(all.length / 50);
    expect(sound).toBeLessThan(all.length / 15);
  });

  it('leave their connections intact, but for a few', () => {
    const share = (framing: string): number =>
      all.filter((one) => one.framing === framing).length / all.length;
    expect(share('exact')).toBeGreaterThan(0.75);
    expect(share('loose')).toBeGreaterThan(0.05);
    expect(share('broken-off')).toBeGreaterThan(0.001);
  });
});
