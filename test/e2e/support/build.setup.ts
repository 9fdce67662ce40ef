import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';

const REPOSITORY = resolve(__dirname, '../../..');

/** The tests start the built server, so it is built first: a second or two when nothing has changed. */
export default function buildServer(): void {
  execFileSync('npm', ['run', '--silent', 'build'], { cwd: REPOSITORY, stdio: 'inherit' });
}
