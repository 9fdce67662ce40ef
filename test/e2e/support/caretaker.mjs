import { readdirSync, readlinkSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { sep } from 'node:path';

/**
 * Waits for the end of whoever started it, however that comes (Ctrl-C, `timeout`, SIGKILL), and then ends what that left
 * behind. Its input is lines of JSON: `{"keep": what}` and `{"drop": what}`, where `what` is `{"group": pid}` or
 * `{"folder": path}`. The end of the input is the end of the other.
 */
const kept = new Map();

const lines = createInterface({ input: process.stdin });
lines.on('line', (line) => {
  const { keep, drop } = JSON.parse(line);
  if (keep !== undefined) kept.set(JSON.stringify(keep), keep);
  if (drop !== undefined) kept.delete(JSON.stringify(drop));
});
lines.on('close', () => {
  const folders = [...kept.values()].flatMap(({ folder }) => folder ?? []);
  for (const { group } of kept.values()) if (group !== undefined) kill(-group);
  // An embedded Postgres leaves its group, but not its folder.
  for (const pid of processesIn(folders)) kill(pid);
  for (const folder of folders)
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

function processesIn(folders) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => folders.some((folder) => `${workingFolder(pid)}${sep}`.startsWith(`${folder}${sep}`)));
}

function workingFolder(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`);
  } catch {
    return '';
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}
