import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../../..');
const BUILT = join(REPOSITORY, 'dist');
const ENTRY = join(BUILT, 'src/main.js');
/** What the build reads. */
const SOURCES = ['src', 'migrations', 'package.json', 'tsconfig.json', 'tsconfig.build.json', 'nest-cli.json'];

function newestChangeMs(path: string): number {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) {
    return mtimeMs;
  }
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newestChangeMs(join(path, name))));
}

function isBuilt(): boolean {
  const newestMs = Math.max(...SOURCES.map((name) => newestChangeMs(join(REPOSITORY, name))));
  // Not only the entry's age: an incremental build leaves alone what has not changed.
  return existsSync(ENTRY) && newestChangeMs(BUILT) >= newestMs;
}

/** The tests start the built server: it is built first when `dist` is missing or older than the sources. */
export default function buildServer(): void {
  if (!isBuilt()) {
    execFileSync('npm', ['run', '--silent', 'build'], { cwd: REPOSITORY, stdio: 'inherit' });
  }
}
