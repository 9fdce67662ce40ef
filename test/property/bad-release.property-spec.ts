import { appendFileSync } from 'node:fs';
import { rollOutBadRelease } from '../model/bad-release';
import { Company } from './support/company';

const company = new Company();
afterAll(() => company.close());

/** BAD_RELEASE_DEVICES=10000 is the proof (npm run proof:bad-release). */
const DEVICES = Number(process.env['BAD_RELEASE_DEVICES'] ?? '1000');
const CAP = 50;
const PATIENCE_MS = 900_000;

describe('a release that fails on every device', () => {
  it(
    `is seen by no more of ${DEVICES} than the gate needs and what was in flight`,
    async () => {
      const wish = { devices: DEVICES, cap: CAP, failureShare: 500, sample: 20, atOnce: 64 };
      const figures = await rollOutBadRelease(await company.theatre(), wish);
      const file = process.env['BAD_RELEASE_REPORT'];
      if (file !== undefined) appendFileSync(file, `${JSON.stringify({ ...wish, ...figures })}\n`);
      expect(figures.state).toBe('paused');
      expect(figures.failed).toBeGreaterThanOrEqual(figures.needed);
      expect(figures.admitted).toBeLessThanOrEqual(figures.needed + CAP);
      expect(figures.sawIt).toBeLessThanOrEqual(figures.admitted);
    },
    PATIENCE_MS,
  );
});
