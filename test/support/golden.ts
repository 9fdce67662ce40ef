import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

const ROOT = resolve(__dirname, '../..');
const FOLDER = join(ROOT, 'test/fixtures/demo');

/**
 * Fails unless `text` is what the golden file `name` holds. With ROOKERY_TEST_WRITE_GOLDEN=1 it writes the file instead;
 * then look at the difference before it is committed.
 */
export function expectGolden(name: string, text: string): void {
  const file = join(FOLDER, `${name}.txt`);
  if (process.env['ROOKERY_TEST_WRITE_GOLDEN'] === '1') {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  expect({ golden: relative(ROOT, file), text }).toEqual({
    golden: relative(ROOT, file),
    text: readFileSync(file, 'utf8'),
  });
}
