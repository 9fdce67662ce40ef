import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';

/** Runs a command of node_modules/.bin (or of the PATH) to its end, without colours. Never rejects. */
export function run([command, ...args], cwd, more = {}) {
  const PATH = `${join(cwd, 'node_modules', '.bin')}${delimiter}${process.env.PATH}`;
  const env = { ...process.env, PATH, NO_COLOR: '1', FORCE_COLOR: '0', ...more };
  return new Promise((resolve) => {
    let stdout = '';
    let output = '';
    const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', (text) => {
      stdout += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    child.on('error', (error) => resolve({ code: 127, stdout, output: `${output}${error.message}\n` }));
    child.on('close', (code) => resolve({ code: code ?? 1, stdout, output }));
  });
}

/** Runs the jobs in their order, at most `limit` at a time, and answers with their results in that order. */
export async function inParallel(jobs, limit) {
  const results = [];
  let next = 0;
  const work = async () => {
    while (next < jobs.length) {
      const at = next++;
      results[at] = await jobs[at]();
    }
  };
  await Promise.all(Array.from({ length: limit }, work));
  return results;
}
