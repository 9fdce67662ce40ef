/**
 * A million reports of ten thousand devices, told to two instances twice, late and in any order; then every counter has to be
 * what a model of its own says.
 *
 *   npm run proof:counters
 *   npm run proof:counters -- --deliveries 50000 --devices 500 --seed 2
 */
import { parseArgs } from 'node:util';
import { keep, runOne } from './run-one.mjs';

const WHOLE = 1_000_000;
const { values } = parseArgs({
  options: {
    deliveries: { type: 'string', default: String(WHOLE) },
    devices: { type: 'string', default: '10000' },
    seed: { type: 'string', default: '1' },
  },
});
const env = {
  COUNTERS_DELIVERIES: values.deliveries,
  COUNTERS_DEVICES: values.devices,
  COUNTERS_SEED: values.seed,
};
const { isOk, figures } = await runOne('counters', env, 'COUNTERS_REPORT');
if (figures !== undefined) {
  const { deliveries, devices, kinds, actions, corrections, expected, shown, seconds, faults } = figures;
  const counts = (of) =>
    Object.entries(of)
      .map(([name, count]) => `${name} ${count}`)
      .sort()
      .join(', ');
  console.log(`${deliveries} reports about ${actions} actions of ${devices} devices in ${seconds} s`);
  console.log(`  said as   ${counts(kinds)}; ${corrections} ends were corrected`);
  console.log(`  the model ${counts(expected)}`);
  console.log(`  is shown  ${counts(shown)}`);
  console.log(`  faults    ${faults.length}`);
  if (Number(values.deliveries) >= WHOLE) keep('counters', figures);
}
process.exitCode = isOk ? 0 : 1;
