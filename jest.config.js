/** One project per tier (docs: CONTRIBUTING.md); `npm test` runs all of them but e2e, which needs Debian packages. */
const base = {
  testEnvironment: 'node',
  // The server loads these ES modules with import(); here they become CommonJS like everything else.
  transform: {
    '^.+\\.ts$': ['@swc/jest'],
    '/node_modules/(@tus|srvx|zstddec|@noble)/.+\\.m?js$': ['@swc/jest'],
  },
  transformIgnorePatterns: ['/node_modules/(?!(@tus|srvx|zstddec|@noble)/)'],
  moduleFileExtensions: ['ts', 'js', 'json'],
};
const postgres = {
  ...base,
  globalSetup: './test/support/cluster.setup.ts',
  globalTeardown: './test/support/cluster.teardown.ts',
};

module.exports = {
  reporters: ['default', './test/support/tally.reporter.js'],
  testTimeout: 20_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: [
        '<rootDir>/src/**/*.spec.ts',
        '<rootDir>/test/unit/**/*.spec.ts',
        '<rootDir>/test/faults/**/*.spec.ts',
        '<rootDir>/test/fuzz/**/*.spec.ts',
        '<rootDir>/test/fuzz-formats/**/*.spec.ts',
      ],
    },
    { ...base, displayName: 'storage', testMatch: ['<rootDir>/test/storage/**/*.storage-spec.ts'] },
    { ...postgres, displayName: 'db', testMatch: ['<rootDir>/test/db/**/*.db-spec.ts'] },
    { ...postgres, displayName: 'http', testMatch: ['<rootDir>/test/http/**/*.http-spec.ts'] },
    {
      ...postgres,
      displayName: 'contract',
      testMatch: ['<rootDir>/test/contract/**/*.contract-spec.ts'],
    },
    {
      ...postgres,
      displayName: 'property',
      testMatch: ['<rootDir>/test/property/**/*.property-spec.ts'],
    },
    {
      ...base,
      displayName: 'e2e',
      testMatch: [
        '<rootDir>/test/e2e/**/*.e2e-spec.ts',
        '<rootDir>/test/faults/**/*.e2e-spec.ts',
        '<rootDir>/test/fuzz/**/*.e2e-spec.ts',
        '<rootDir>/test/fuzz-formats/**/*.e2e-spec.ts',
      ],
      globalSetup: './test/e2e/support/build.setup.ts',
    },
  ],
};
