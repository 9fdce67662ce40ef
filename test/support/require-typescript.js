const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { transformSync } = require('@swc/core');

const swcrc = JSON.parse(readFileSync(join(__dirname, '..', '..', '.swcrc'), 'utf8'));

/**
 * `node -r ./test/support/require-typescript.js …` runs our TypeScript outside jest, without building it
 * first.
 */
require.extensions['.ts'] = (module, filename) => {
  const options = { ...swcrc, $schema: undefined, filename, swcrc: false };
  module._compile(transformSync(readFileSync(filename, 'utf8'), options).code, filename);
};
