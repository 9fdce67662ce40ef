import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/**
 * Compiles a C file of this folder.
 * @param folder where the program goes
 */
export function compileOracle(source: string, folder: string, ...libraries: readonly string[]): string {
  const program = join(folder, source.replace(/\.c$/, ''));
  const flags = ['-std=c11', '-O1', '-Wall', '-Wextra', '-Werror', '-o', program, join(__dirname, source)];
  const { status, stderr, error } = spawnSync('gcc', [...flags, ...libraries], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`gcc cannot make ${source}: ${error?.message ?? stderr}`);
  return program;
}

/** What a program said of itself, and of each text. */
export interface OracleWord {
  readonly version: string;
  readonly answers: readonly string[];
}

/** Runs a program that reads texts, each behind its length in 4 bytes, and answers each with a line. */
export function askOracle(program: string, texts: readonly Buffer[]): OracleWord {
  const input = Buffer.concat(
    texts.flatMap((text) => {
      const size = Buffer.alloc(4);
      size.writeUInt32LE(text.length);
      return [size, text];
    }),
  );
  const { status, stdout, stderr, error } = spawnSync(program, { input, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${program} failed: ${error?.message ?? stderr.toString()}`);
  const [version = '', ...answers] = stdout.toString('latin1').split('\n').slice(0, -1);
  if (answers.length !== texts.length) throw new Error(`${answers.length} answers to ${texts.length} texts`);
  return { version, answers };
}
