import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { SETTING_RULES, type SettingRule } from '../../src/platform/config/schema';

const ROOT = resolve(__dirname, '..', '..');
const FOLDERS = ['docs', 'docs/adr', 'docker', 'ddi-spec', 'esp32-agent'];
/** What is part of the layout; other paths in backticks are addresses of the API or places on a server. */
const LAYOUT = /^(?:src|test|docs|docker|migrations|bench|ddi-spec|esp32-agent|\.ci)\//;
/** A file named without a folder stands at the root. */
const ROOT_FILE =
  /^(?:[A-Z]+\.md|LICENSE|Makefile|\.env\.example|package(?:-lock)?\.json|[\w.-]+\.(?:cjs|mjs))$/;
const rules: SettingRule<unknown>[] = Object.values(SETTING_RULES);

/** A file that a reader is told to trust. */
interface Doc {
  readonly path: string;
  readonly text: string;
}

function filesIn(folder: string, isWanted: (name: string) => boolean): Doc[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true })
    .filter((entry) => entry.isFile() && isWanted(entry.name))
    .map(({ name }) => join(folder, name))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

const pages = ['.', ...FOLDERS].flatMap((folder) => filesIn(folder, (name) => name.endsWith('.md')));
const recipes = [...filesIn('.', (name) => name === 'Makefile'), ...filesIn('docker', () => true)];
const everything = [...pages, ...recipes.filter(({ path }) => !path.endsWith('.md'))];

function matches(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map((match) => match[1] ?? '');
}

const withoutCode = (text: string): string => text.replace(/^ *```[^]*?^ *```/gm, '');

/** Paths in backticks; a glob or a placeholder stands for many and is not looked up. */
function pathsIn({ text }: Doc): string[] {
  return matches(withoutCode(text), /`([^`\n]+)`/g).filter(
    (code) => /^[\w./@-]+$/.test(code) && (LAYOUT.test(code) || ROOT_FILE.test(code)),
  );
}

function linksIn({ text }: Doc): string[] {
  const prose = withoutCode(text).replace(/`[^`\n]*`/g, '');
  return matches(prose, /\]\(([^)\s]+)\)/g).filter((link) => !/^(?:https?|mailto):/.test(link));
}

/** The anchor that GitHub gives a heading. */
function anchorsOf(text: string): string[] {
  return matches(withoutCode(text), /^#+ +(.+)$/gm).map((heading) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replace(/\s/g, '-'),
  );
}

/** Why a relative link leads nowhere, or undefined. */
function faultOfLink(doc: Doc, link: string): string | undefined {
  const [target = '', anchor] = link.split('#', 2);
  const file = target === '' ? join(ROOT, doc.path) : resolve(ROOT, dirname(doc.path), target);
  if (relative(ROOT, file).startsWith('..') || !existsSync(file)) return `${link} is not there`;
  if (anchor === undefined || anchorsOf(readFileSync(file, 'utf8')).includes(anchor)) return undefined;
  return `${link} has no such heading`;
}

function faults(docs: readonly Doc[], faultsOf: (doc: Doc) => string[]): string[] {
  return docs.flatMap((doc) => faultsOf(doc).map((fault) => `${doc.path}: ${fault}`));
}

describe('the documentation', () => {
  it('is found', () => {
    const expected = [
      'README.md',
      'docs/architecture.md',
      'docs/adr/0001-pin-the-stack.md',
      'docker/README.md',
    ];
    expect(pages.map(({ path }) => path)).toEqual(expect.arrayContaining(expected));
  });

  it('names only paths of the repository that exist', () => {
    const missing = faults(pages, (doc) => pathsIn(doc).filter((path) => !existsSync(join(ROOT, path))));
    expect(missing).toEqual([]);
  });

  it('links only to files and headings that exist', () => {
    expect(faults(pages, (doc) => linksIn(doc).flatMap((link) => faultOfLink(doc, link) ?? []))).toEqual([]);
  });

  it('names only npm scripts that exist', () => {
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    const named = ({ text }: Doc): string[] => [
      ...matches(text, /\bnpm run (?:-{1,2}[\w-]+ )*([\w:-]+)/g),
      ...matches(text, /\bnpm (start|test)\b/g),
    ];
    const missing = faults(everything, (doc) =>
      named(doc).filter((script) => !Object.hasOwn(scripts, script)),
    );
    expect(missing).toEqual([]);
  });

  it('names only settings that exist', () => {
    const known = rules.flatMap(({ variable, isSecret }) =>
      isSecret === true ? [variable, `${variable}_FILE`] : [variable],
    );
    const unknown = faults(everything, ({ text }) =>
      matches(text, /\b(ROOKERY_[A-Z][A-Z0-9_]*)\b/g).filter(
        (variable) => !known.includes(variable) && !variable.startsWith('ROOKERY_TEST_'),
      ),
    );
    expect(unknown).toEqual([]);
  });

  it('describes every setting in the table of the operations page', () => {
    const text = readFileSync(join(ROOT, 'docs', 'operations.md'), 'utf8');
    const rows = [...text.matchAll(/^\| `(ROOKERY_[A-Z0-9_]+)` +\| (?:`([^`]*)`)?/gm)];
    expect(rows.map(([, variable, fallback]) => [variable, fallback])).toEqual(
      rules.map(({ variable, fallback }) => [variable, fallback === '' ? undefined : fallback]),
    );
  });
});
