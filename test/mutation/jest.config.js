/** The tests that mutants of the pure rules have to survive: those beside them, without a database. */
const { projects } = require('../../jest.config');

const unit = projects.find(({ displayName }) => displayName === 'unit');

module.exports = {
  ...unit,
  rootDir: '../..',
  testEnvironment: '@stryker-mutator/jest-runner/jest-env/node',
  testMatch: ['<rootDir>/src/modules/{rollouts,actions}/**/*.spec.ts'],
};
