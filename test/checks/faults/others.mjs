/** Faults of format, types and unit tests. */
export const format = {
  faults: [
    {
      fault: 'a badly formatted file',
      rule: '[warn]',
      file: 'src/platform/seeded/format.ts',
      text: `export const one   = "1"\n`,
    },
    {
      fault: 'a line of 120 columns',
      rule: '[warn]',
      file: 'src/platform/seeded/wide.ts',
      text: `export const wide = [${"'column', ".repeat(11)}'x'];\n`,
    },
    { fault: 'a badly formatted document', rule: '[warn]', file: 'docs/seeded.md', text: `*  a list\n` },
  ],
  sound: { 'src/platform/seeded/formatted.ts': `export const one = '1';\n` },
};

const crowd = (folder, count) =>
  Object.fromEntries(
    Array.from({ length: count }, (_none, at) => [
      `${folder}/one-of-many-${at}.ts`,
      `export const at = ${at};\n`,
    ]),
  );

export const rooms = {
  faults: [
    {
      fault: 'a folder of 13 sources',
      rule: 'crowded',
      from: 'src/platform/crowded',
      files: crowd('src/platform/crowded', 13),
    },
  ],
  sound: {
    ...crowd('src/platform/full', 12),
    'src/platform/full/one-of-many-0.spec.ts': `it('is not counted', () => undefined);\n`,
  },
};

export const types = {
  faults: [
    {
      fault: 'a type error',
      rule: 'TS2322',
      file: 'src/platform/seeded/type-error.ts',
      text: `export const count: number = 'one';\n`,
    },
    {
      fault: 'an element that may be missing (noUncheckedIndexedAccess)',
      rule: 'TS2322',
      file: 'src/platform/seeded/unchecked-index.ts',
      text: `export const first = (names: string[]): string => names[0];\n`,
    },
    {
      fault: 'an undefined for an optional property (exactOptionalPropertyTypes)',
      rule: 'TS2375',
      file: 'src/platform/seeded/optional.ts',
      text: `export const device: { name?: string } = { name: undefined };\n`,
    },
    {
      fault: 'a null that is not looked at (strict)',
      rule: 'TS18047',
      file: 'src/platform/seeded/null.ts',
      text: `export const size = (name: string | null): number => name.length;\n`,
    },
  ],
  sound: {
    'src/platform/seeded/typed.ts': `export const first = (names: string[]): string => names[0] ?? '';\n`,
  },
};

export const unit = {
  faults: [
    {
      fault: 'a failing unit test',
      rule: 'adds up wrongly',
      file: 'test/unit/seeded-failing.spec.ts',
      text: `it('adds up wrongly', () => {\n  expect(1 + 1).toBe(3);\n});\n`,
    },
    {
      fault: 'a unit test that does not load',
      rule: 'Cannot find module',
      file: 'src/platform/seeded/unloadable.spec.ts',
      text: `import { nothing } from './nothing-there';\n\nit('loads', () => {\n  expect(nothing).toBe(1);\n});\n`,
    },
  ],
  sound: { 'test/unit/seeded-passing.spec.ts': `it('adds up', () => {\n  expect(1 + 1).toBe(2);\n});\n` },
};
