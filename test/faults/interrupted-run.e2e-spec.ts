import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eventually } from '../e2e/support/eventually';
import { processesIn } from '../e2e/support/processes';
import { ProcessGroup } from '../e2e/support/process-group';

jest.setTimeout(120_000);

const REPOSITORY = resolve(__dirname, '../..');

describe('a run that is killed in its middle', () => {
  it('leaves no process and no folder behind', async () => {
    const run = await ProcessGroup.start({
      command: process.execPath,
      args: ['-r', './test/support/require-typescript.js', join(__dirname, 'interrupted-run.ts')],
      cwd: REPOSITORY,
      env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' },
    });
    await run.waitForOutput(/READY/, 90_000);
    const folders = JSON.parse(/READY (.*)/.exec(run.output)?.[1] ?? '[]') as string[];
    expect(folders.map((folder) => existsSync(folder))).toEqual([true, true, true]);
    expect(processesIn(...folders).length).toBeGreaterThan(2);
    run.signal('SIGKILL');
    await run.waitForExit(5_000);
    await eventually(() => {
      expect(folders.filter((folder) => existsSync(folder))).toEqual([]);
      expect(processesIn(...folders)).toEqual([]);
    });
    run.killGroup();
  });
});
