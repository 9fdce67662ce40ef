import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FormatError } from '../../src/formats/format.error';
import { parseLibconfig, type LibconfigValue } from '../../src/formats/libconfig/libconfig.parser';
import { Chance } from '../fuzz/chance';
import { askOracle, compileOracle } from './oracles/c-program';
import { LibconfigTexts } from './oracles/libconfig-texts';

jest.setTimeout(240_000);

const TEXTS = 40_000;

type Oracle = string | number | boolean | Oracle[] | Tagged;
interface Tagged {
  group?: [string, Oracle][];
  int64?: string;
  float?: string;
  text?: string;
}

let folder: string;
let program: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'libconfig-e2e-'));
  program = compileOracle('libconfig-oracle.c', folder, '-lconfig');
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** What libconfig's own reader made of a text, as our tree; undefined when it refused it. */
function theirs(line: string): LibconfigValue | undefined {
  return line.startsWith('error ') ? undefined : treeOf(JSON.parse(line) as Oracle);
}

function treeOf(value: Oracle): LibconfigValue {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value !== 'object') return value;
  if (value.group) return new Map(value.group.map(([name, child]) => [textOf(name), treeOf(child)]));
  if (value.int64 !== undefined) return BigInt(value.int64);
  return value.float === undefined ? textOf(value.text ?? '') : Number(value.float);
}

function textOf(hex: string): string {
  return Buffer.from(hex, 'hex').toString('utf8');
}

/** libconfig drops a string or comment that the end of the text cuts; we refuse it, since it was meant to go on. */
const STRICTER = /is never closed with/;

function ours(text: Buffer): { tree: LibconfigValue | undefined; isStricter: boolean } {
  try {
    return { tree: parseLibconfig(text), isStricter: false };
  } catch (error) {
    if (error instanceof FormatError) return { tree: undefined, isStricter: STRICTER.test(error.reason) };
    throw error;
  }
}

/** For comparing: bigints and minus zero have no JSON. */
function shown(value: LibconfigValue | undefined): string {
  return (
    JSON.stringify(value, (_key, inner: unknown) => {
      if (inner instanceof Map) return { group: [...inner] };
      return typeof inner === 'bigint' ? { int64: String(inner) } : inner;
    }) ?? 'refused'
  );
}

describe('our reader of libconfig and libconfig itself', () => {
  it('agree on texts by the grammar, whole and broken', () => {
    const { version } = askOracle(program, []);
    const texts = new LibconfigTexts(new Chance('libconfig', 1), isModern(version));
    const inputs = Array.from({ length: TEXTS }, () => Buffer.from(texts.next()));
    const { answers } = askOracle(program, inputs);
    const differences: string[] = [];
    let accepted = 0;
    inputs.forEach((input, at) => {
      const { tree, isStricter } = ours(input);
      const [mine, other] = [shown(tree), shown(theirs(answers[at] ?? ''))];
      if (tree !== undefined) accepted += 1;
      if (mine === other || isStricter) return;
      differences.push(`${version}: ${JSON.stringify(input.toString())}: ours ${mine}, theirs ${other}`);
    });
    expect(differences.slice(0, 20)).toEqual([]);
    // Otherwise it compares refusals only, or none.
    expect(accepted).toBeGreaterThan(TEXTS / 3);
    expect(accepted).toBeLessThan(TEXTS * 0.9);
  });

  it('both refuse an @include and a comment that the end of the text cuts', () => {
    const inputs = ['@include "x"\n', 'a = 1;\n  @include "x"\n', 'a = 1; # x', '// x'].map((text) =>
      Buffer.from(text),
    );
    const { answers } = askOracle(program, inputs);
    expect(answers).toEqual(inputs.map(() => expect.stringMatching(/^error/)));
    expect(inputs.map((input) => ours(input).tree)).toEqual(inputs.map(() => undefined));
  });
});

function isModern(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 1 || minor >= 7;
}
