import { appendFileSync } from 'node:fs';
import { countModel } from '../model/counters';
import { Company } from './support/company';

const company = new Company();
afterAll(() => company.close());

/** COUNTERS_DELIVERIES=1000000 COUNTERS_DEVICES=10000 is the proof (npm run proof:counters). */
const DELIVERIES = Number(process.env['COUNTERS_DELIVERIES'] ?? '20000');
const DEVICES = Number(process.env['COUNTERS_DEVICES'] ?? '200');
const SEED = Number(process.env['COUNTERS_SEED'] ?? '1');

const PATIENCE_MS = 120_000;
const PATIENCE_EACH_MS = 10;

describe('B9 every counter that is shown equals the count over the history', () => {
  it(
    `after ${DELIVERIES} reports of ${DEVICES} devices: originals, duplicates, reordered and late`,
    async () => {
      const wish = { devices: DEVICES, deliveries: DELIVERIES, seed: SEED };
      const figures = await countModel(await company.theatre(), wish);
      const file = process.env['COUNTERS_REPORT'];
      if (file !== undefined) appendFileSync(file, `${JSON.stringify({ ...wish, ...figures })}\n`);
      expect(figures.faults).toEqual([]);
      expect(figures.deliveries).toBeGreaterThanOrEqual(DELIVERIES);
      expect(figures.corrections).toBeGreaterThan(0);
    },
    PATIENCE_MS + DELIVERIES * PATIENCE_EACH_MS,
  );
});
