import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SETTING_RULES, type SettingRule } from './schema';

/** One setting as the file shows it: the comment above it, then the setting itself, commented out. */
interface Shown {
  readonly variable: string;
  readonly fallback: string;
  readonly meaning: string;
}

const FILE = join(__dirname, '..', '..', '..', '.env.example');
const SETTING = /^# (ROOKERY_[A-Z0-9_]+)=(.*)$/;
const rules: SettingRule<unknown>[] = Object.values(SETTING_RULES);

/** Paragraphs of the file whose last line is a setting; other paragraphs are prose. */
function shownSettings(text: string): Shown[] {
  return text
    .trim()
    .split(/\n{2,}/)
    .flatMap((paragraph) => {
      const lines = paragraph.split('\n');
      const [, variable, fallback] = SETTING.exec(lines.at(-1) ?? '') ?? [];
      if (variable === undefined || fallback === undefined) return [];
      const meaning = lines
        .slice(0, -1)
        .map((line) => line.replace(/^# ?/, ''))
        .join(' ');
      return [{ variable, fallback, meaning }];
    });
}

describe('.env.example', () => {
  const text = readFileSync(FILE, 'utf8');

  it('names the settings of the schema, each once and in its order', () => {
    expect(shownSettings(text).map(({ variable }) => variable)).toEqual(
      rules.map(({ variable }) => variable),
    );
  });

  it('shows the default of each setting', () => {
    const defaults = rules.map(({ variable, fallback }) => [variable, fallback ?? '']);
    expect(shownSettings(text).map(({ variable, fallback }) => [variable, fallback])).toEqual(defaults);
  });

  it('says what each setting means in the words of the schema', () => {
    const meanings = rules.map(({ variable, meaning }) => [variable, meaning]);
    expect(shownSettings(text).map(({ variable, meaning }) => [variable, meaning])).toEqual(meanings);
  });

  it('sets nothing: every line is a comment', () => {
    expect(text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  });
});
