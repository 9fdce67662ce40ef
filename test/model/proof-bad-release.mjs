/**
 * A fleet of ten thousand, a release that fails on every device: how many see it?
 *
 *   npm run proof:bad-release
 *   npm run proof:bad-release -- --devices 2000
 */
import { parseArgs } from 'node:util';
import { keep, runOne } from './run-one.mjs';

const WHOLE = 10_000;
const { values } = parseArgs({ options: { devices: { type: 'string', default: String(WHOLE) } } });
const { isOk, figures } = await runOne(
  'bad-release',
  { BAD_RELEASE_DEVICES: values.devices },
  'BAD_RELEASE_REPORT',
);
if (figures !== undefined) {
  const { devices, cap, failureShare, sample, needed, admitted, sawIt, failed, state, seconds } = figures;
  console.log(`${devices} devices, failure share ${failureShare / 100} %, sample ${sample}, cap ${cap}`);
  console.log(
    `  the gate needs ${needed} failures; with the cap at most ${needed + cap} devices may see the release`,
  );
  console.log(
    `  ${sawIt} saw it: ${admitted} were admitted, ${failed} failed, the rollout is ${state} (${seconds} s)`,
  );
  if (Number(values.devices) >= WHOLE) keep('bad-release', figures);
}
process.exitCode = isOk ? 0 : 1;
