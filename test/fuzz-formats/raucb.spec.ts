import { fuzzRaucb } from './raucb';

it('three thousand spoilt bundles give facts or a refusal that says why', async () => {
  const { facts, refusals } = await fuzzRaucb('short', 3000);
  expect(facts + refusals).toBe(3000);
  // A fuzzer whose inputs all end at the first check finds nothing.
  expect(facts).toBeGreaterThan(300);
  expect(refusals).toBeGreaterThan(1000);
});

it('the same seed gives the same inputs', async () => {
  expect(await fuzzRaucb('again', 200)).toEqual(await fuzzRaucb('again', 200));
});
