/** The tests that mutants of the pure rules have to survive: those beside them, without a database. */
const { projects } = require('../../jest.config');

const unit = projects.find(({ displayName }) => displayName === 'unit');

module.exports = {
  ...unit,
  rootDir: '../..',
  // Each mutant is a run of Jest, which first looks at every file under these.
  roots: ['<rootDir>/src/modules/rollouts', '<rootDir>/src/modules/actions', '<rootDir>/test/mutation'],
  testEnvironment: '@stryker-mutator/jest-runner/jest-env/node',
  setupFiles: ['<rootDir>/test/mutation/fewer-histories.js'],
  testMatch: ['<rootDir>/test/mutation/all.spec.js'],
};
