import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../../..');

/** The examples of a language in a page of the docs, in order, without their fences. */
export function docsExamples(page: string, language: string): string[] {
  const text = readFileSync(resolve(REPOSITORY, page), 'utf8');
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(
    ([, example = '']) => example,
  );
}
