import js from '@eslint/js';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';
import { house } from './test/checks/house-rules.mjs';

const SPECS = ['**/*.spec.ts', '**/*-spec.ts', 'test/**/*.ts'];
const GENERATED = ['src/cli/generated/**'];

const NODE_GLOBALS = Object.fromEntries(
  [
    'process',
    'console',
    'Buffer',
    'URL',
    'setTimeout',
    'clearTimeout',
    'fetch',
    'AbortSignal',
    'performance',
  ].map((n) => [n, 'readonly']),
);
const COMMONJS_GLOBALS = {
  require: 'readonly',
  module: 'writable',
  exports: 'writable',
  __dirname: 'readonly',
};

const everywhere = {
  name: 'rookery/everywhere',
  linterOptions: { reportUnusedDisableDirectives: 'error' },
  plugins: { house },
  rules: {
    eqeqeq: ['error', 'always', { null: 'ignore' }],
    'no-var': 'error',
    'prefer-const': 'error',
    'object-shorthand': 'error',
    'max-lines': ['error', { max: 400, skipBlankLines: false, skipComments: false }],
    'max-depth': ['error', 4],
    'house/max-params': 'error',
    'house/no-commented-code': 'error',
  },
};

const NAMING = [
  { selector: 'typeLike', format: ['PascalCase'] },
  { selector: 'interface', format: ['PascalCase'], custom: { regex: '^I[A-Z][a-z]', match: false } },
  // PascalCase: decorators and composed validators are functions. UPPER_CASE: constants and injection tokens.
  { selector: 'function', format: ['camelCase', 'PascalCase'] },
  { selector: 'variable', format: ['camelCase', 'PascalCase', 'UPPER_CASE'], leadingUnderscore: 'allow' },
  { selector: 'parameter', format: ['camelCase', 'PascalCase'], leadingUnderscore: 'allow' },
  {
    selector: ['classMethod', 'classProperty'],
    format: ['camelCase', 'UPPER_CASE'],
    leadingUnderscore: 'allow',
    filter: { regex: '^\\w+$', match: true },
  },
];

const typescript = {
  name: 'rookery/typescript',
  files: ['**/*.ts'],
  extends: [js.configs.recommended, tseslint.configs.strictTypeChecked],
  languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
  rules: {
    // Silent in files with decorators: there an import is also the metadata that Nest injects and validates by.
    '@typescript-eslint/consistent-type-imports': [
      'error',
      { fixStyle: 'inline-type-imports', disallowTypeAnnotations: false },
    ],
    // Compares classes by name and so fights Nest's exceptions and options, which are structurally fine.
    '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
    '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true, allowEmpty: true }],
    '@typescript-eslint/no-confusing-void-expression': [
      'error',
      { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
    ],
    '@typescript-eslint/no-misused-spread': ['error', { allow: ['string'] }],
    '@typescript-eslint/no-unnecessary-condition': [
      'error',
      { allowConstantLoopConditions: 'only-allowed-literals' },
    ],
    '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
    '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: true }],
    '@typescript-eslint/prefer-optional-chain': 'error',
    '@typescript-eslint/naming-convention': ['error', ...NAMING],
    // A class merged with an interface is an injection token that carries its type.
    '@typescript-eslint/no-unsafe-declaration-merging': 'off',
    '@typescript-eslint/no-empty-object-type': ['error', { allowInterfaces: 'with-single-extends' }],
    // `query<Row>(sql): Promise<Row[]>` is how SQL gets its type.
    '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    'house/no-default-export': 'error',
    'house/no-forward-ref': 'error',
    'house/source-name': 'error',
  },
};

const source = {
  name: 'rookery/source',
  files: ['src/**/*.ts'],
  rules: {
    complexity: ['error', { max: 10, variant: 'modified' }],
    'max-lines-per-function': ['error', { max: 50, skipBlankLines: false, skipComments: false, IIFEs: true }],
    'no-console': 'error',
    'house/max-dependencies': 'error',
    'house/settings-only': 'error',
    'house/clock-only': 'error',
    'house/plain-names': 'error',
  },
};

const tests = {
  name: 'rookery/tests',
  files: SPECS,
  rules: {
    // Answers of supertest and asymmetric matchers are `any` by their own declaration; `any` itself stays forbidden.
    '@typescript-eslint/no-unsafe-argument': 'off',
    '@typescript-eslint/no-unsafe-assignment': 'off',
    '@typescript-eslint/no-unsafe-member-access': 'off',
    '@typescript-eslint/no-unsafe-return': 'off',
    '@typescript-eslint/no-non-null-assertion': 'off',
    '@typescript-eslint/no-misused-spread': 'off',
    '@typescript-eslint/no-unnecessary-condition': 'off',
    '@typescript-eslint/require-await': 'off',
    '@typescript-eslint/unbound-method': 'off',
    'max-lines-per-function': 'off',
    'house/no-focused-test': 'error',
    'house/no-mocked-database': 'error',
  },
};

const exceptions = [
  { name: 'rookery/who-prints', files: ['src/main.ts', 'src/cli/**/*.ts'], rules: { 'no-console': 'off' } },
  {
    name: 'rookery/who-reads-env',
    files: ['src/platform/config/**/*.ts'],
    rules: { 'house/settings-only': 'off' },
  },
  {
    name: 'rookery/who-knows-now',
    files: ['src/platform/clock/**/*.ts'],
    rules: { 'house/clock-only': 'off' },
  },
  // hawkBit's own words (configData) live on this edge.
  { name: 'rookery/wire-names', files: ['src/http/ddi/**/*.ts'], rules: { 'house/plain-names': 'off' } },
  {
    name: 'rookery/migrations',
    files: ['migrations/**/*.ts'],
    rules: {
      '@typescript-eslint/naming-convention': 'off',
      'house/no-default-export': 'off',
      'house/source-name': 'off',
      'house/migration-name': 'error',
    },
  },
  {
    name: 'rookery/default-exporters',
    files: ['**/*.config.ts', '**/*.setup.ts', '**/*.teardown.ts', '**/*.reporter.ts'],
    rules: { 'house/no-default-export': 'off' },
  },
  {
    name: 'rookery/generated',
    files: GENERATED,
    rules: {
      'max-lines': 'off',
      'max-lines-per-function': 'off',
      complexity: 'off',
      'house/max-params': 'off',
      'house/source-name': 'off',
      '@typescript-eslint/naming-convention': 'off',
    },
  },
];

const scripts = [
  {
    name: 'rookery/scripts',
    files: ['**/*.{js,cjs,mjs}'],
    extends: [js.configs.recommended],
    languageOptions: { ecmaVersion: 2023, globals: NODE_GLOBALS },
  },
  {
    name: 'rookery/commonjs',
    files: ['**/*.{js,cjs}'],
    languageOptions: { sourceType: 'commonjs', globals: COMMONJS_GLOBALS },
  },
];

export default defineConfig(
  globalIgnores(['dist/', 'data/', 'coverage/', '.results/', 'test/fixtures/', 'bench/results/']),
  everywhere,
  typescript,
  scripts,
  source,
  tests,
  exceptions,
);
