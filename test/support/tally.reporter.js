const { mkdirSync, writeFileSync } = require('node:fs');
const { join } = require('node:path');

/** Leaves `{passed, failed}` of a run in .results/<ROOKERY_TIER>.json, where .ci/run adds the tiers up. */
module.exports = class TallyReporter {
  onRunComplete(_contexts, results) {
    const tier = process.env.ROOKERY_TIER;
    if (!tier) return;
    const broken = results.testResults.filter((file) => file.testExecError).length;
    const tally = { passed: results.numPassedTests, failed: results.numFailedTests + broken };
    const folder = join(__dirname, '..', '..', '.results');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${tier}.json`), JSON.stringify(tally));
  }
};
