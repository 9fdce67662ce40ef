import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../../..');

function git(...args: readonly string[]): string[] {
  const output = execFileSync('git', ['-C', REPOSITORY, ...args], { encoding: 'utf8', maxBuffer: 64 << 20 });
  return output.split('\0').filter((name) => name !== '');
}

/**
 * A fresh clone at `folder`, with what is in the working tree laid over it: so it holds what would be
 * committed now, and nothing that is ignored (no node_modules, no dist, no data).
 */
export function cloneRepository(folder: string): void {
  execFileSync('git', ['clone', '--quiet', '--no-local', '--depth', '1', `file://${REPOSITORY}`, folder]);
  for (const name of git('ls-files', '-z', '--cached', '--others', '--exclude-standard')) {
    const source = join(REPOSITORY, name);
    const copy = join(folder, name);
    if (existsSync(source)) {
      mkdirSync(dirname(copy), { recursive: true });
      copyFileSync(source, copy);
    } else {
      rmSync(copy, { force: true });
    }
  }
  for (const name of git('diff', '--name-only', '-z', '--diff-filter=D', 'HEAD')) {
    rmSync(join(folder, name), { force: true });
  }
}
