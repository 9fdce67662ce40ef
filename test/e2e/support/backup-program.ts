import { resolve } from 'node:path';
import { ProcessGroup } from './process-group';

const REPOSITORY = resolve(__dirname, '../../..');
/** A busy machine may need long for the first start of a Postgres. */
const PATIENCE_MS = 60_000;

/** How a program ended, and what it said. */
export interface Outcome {
  readonly code: number | null;
  readonly output: string;
}

/** `npm run backup` or `npm run restore`, as built, with these settings and no others. */
export async function runProgram(
  name: 'backup' | 'restore',
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Promise<Outcome> {
  const program = await ProcessGroup.start({
    command: process.execPath,
    args: [`dist/src/${name}.js`, ...args],
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/', ...settings },
  });
  const exit = await program.waitForExit(PATIENCE_MS);
  program.killGroup();
  return { code: exit?.code ?? null, output: program.output };
}
