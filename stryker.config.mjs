/** Mutation testing of the pure rules: npm run proof:mutation. */
export default {
  packageManager: 'npm',
  testRunner: 'jest',
  plugins: ['@stryker-mutator/jest-runner'],
  jest: { projectType: 'custom', configFile: 'test/mutation/jest.config.js', enableFindRelatedTests: false },
  coverageAnalysis: 'perTest',
  mutate: [
    'src/modules/rollouts/{attempts,bucket,client-fit,faults,filter-check,fit,gate,membership,offer-pace}.ts',
    'src/modules/rollouts/{open-action,opening,pacing,percentage,plan,population,preview,resolve,rollout,rollout-change}.ts',
    'src/modules/rollouts/{rollout-check,rollout-hash,rollout-rank,rollout-window,rules,soundness,supersession,target}.ts',
    'src/modules/rollouts/{upgrade,upgrade-range,upgrade-steps,wave,wave-check,wave-roll,window-check}.ts',
    'src/modules/actions/{action,ask,deadline,maintenance-window,transition}.ts',
  ],
  // What is not needed to run the tests beside the rules.
  ignorePatterns: [
    'dist',
    'data',
    'bench',
    'docs',
    'docker',
    'ddi-spec',
    'esp32-agent',
    'test/fixtures',
    '.results',
  ],
  tempDirName: 'dist/.stryker',
  concurrency: 2,
  timeoutMS: 60_000,
  reporters: ['clear-text', 'progress-append-only', 'json'],
  jsonReporter: { fileName: 'node_modules/.cache/stryker-report.json' },
  clearTextReporter: { allowColor: false, reportTests: false },
  thresholds: { high: 95, low: 90, break: 85 },
};
