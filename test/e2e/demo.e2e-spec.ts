import { execFileSync } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expectGolden } from '../support/golden';
import { barOn, countOn, layoutOf, percentOn } from './support/demo-screen';
import { eventually } from './support/eventually';
import { ProcessGroup } from './support/process-group';
import { PseudoTerminal } from './support/pseudo-terminal';
import { screensOf } from './support/terminal-screen';
import { tracesOf } from './support/traces';

jest.setTimeout(300_000);

const REPOSITORY = resolve(__dirname, '../..');
const SIZE = { columns: 80, rows: 24 };
const SMALL = { columns: 50, rows: 12 };
/** A demo takes half a minute here; a machine that is busy with other things gets its time. */
const PATIENCE_MS = 240_000;
const SOON = { timeoutMs: PATIENCE_MS, everyMs: 200 };
/** Four polls: then a device counts as done, unless somebody knows better. */
const QUIET_MS = 9_000;
const DEVICES = 60;
const FAST = ['--port', '0', '--devices', String(DEVICES), '--time-scale', '3'];

// eslint-disable-next-line no-control-regex -- escape codes are what is looked for
const COLOUR = /\u001b\[[1-9]\d*m/;
// eslint-disable-next-line no-control-regex -- likewise
const REDRAWN = /\u001b\[2J\u001b\[H[^]*\u001b\[J/;
const ERASED = '\u001b[2J';
const FOLDER = /\/tmp\/rookery-demo-\w{6}/;

const typed = (...options: string[]): string =>
  ['node dist/src/main.js --demo', ...FAST, ...options].join(' ');

function folderIn(output: string): string {
  const folder = FOLDER.exec(output)?.[0];
  if (folder === undefined) throw new Error(`no folder is named in:\n${output}`);
  return folder;
}

/** Without a terminal. */
function startPlain(...options: string[]): Promise<ProcessGroup> {
  return ProcessGroup.start({
    command: process.execPath,
    args: ['dist/src/main.js', '--demo', ...FAST, ...options],
    cwd: REPOSITORY,
    env: { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' },
  });
}

/** The demo's server, which is this program again without `--demo`. */
function serverOf(output: string): number {
  const server = tracesOf(folderIn(output)).find(({ command }) => command.endsWith('dist/src/main.js'));
  if (server === undefined) throw new Error('there is no server');
  return server.pid;
}

/** As they stand on the screen: the variable goes along with each. */
function commandsOn(screen: readonly string[]): string[] {
  const variable = screen.find((line) => line.startsWith('API='))!;
  return screen.filter((line) => line.startsWith('curl ')).map((command) => `${variable}; ${command}`);
}

function run(command: string): string {
  return execFileSync('sh', ['-c', `${command} --silent --show-error --fail`], { encoding: 'utf8' });
}

/** Pauses and resumes as the screen says, and so long that every device is at rest in between. */
async function pauseForAWhile(lastScreen: () => string[]): Promise<void> {
  const tell = (verb: string): string =>
    run(commandsOn(lastScreen()).find((command) => command.endsWith(`/${verb}`))!);
  tell('pause');
  await eventually(() => expect(lastScreen()[1]).toMatch(/^Rollout 1 is paused/), SOON);
  const areAtRest = (): void => expect(lastScreen().join('\n')).toMatch(/installing +0\n.* rebooting +0\n/);
  await eventually(areAtRest, SOON);
  await delay(QUIET_MS);
  tell('resume');
  await eventually(() => expect(lastScreen()[1]).toMatch(/^Rollout 1 is (running|finished)/), SOON);
}

/** What is drawn once the window is smaller. `stty` changes its width first: what is drawn in between is for no window. */
async function shrink(terminal: PseudoTerminal): Promise<string[][]> {
  const before = terminal.output.length;
  terminal.shrink();
  let screens: string[][] = [];
  await eventually(() => {
    const drawn = terminal.output.slice(before);
    expect(drawn).toMatch(REDRAWN);
    screens = screensOf(drawn.slice(drawn.lastIndexOf(ERASED)), SMALL);
    expect(screens).not.toHaveLength(0);
  }, SOON);
  return screens;
}

describe('npm start -- --demo in a terminal', () => {
  let output: string;
  let screens: string[][];
  let smallScreens: string[][];
  let answers: string[];
  let exitCode: number | null;
  let lastWords: string;

  beforeAll(async () => {
    const terminal = new PseudoTerminal({ command: typed(), size: SIZE, smallSize: SMALL });
    const lastScreen = (): string[] => screensOf(terminal.output, SIZE).at(-1) ?? [];
    try {
      await terminal.waitForOutput('Rollout 1 is running', PATIENCE_MS);
      await eventually(() => expect(countOn(lastScreen(), 'confirmed')).toBeGreaterThan(0), SOON);
      await pauseForAWhile(lastScreen);
      await terminal.waitForOutput(/history (agree|DISAGREE)/, PATIENCE_MS);
      output = terminal.output;
      screens = screensOf(output, SIZE);
      answers = commandsOn(screens.at(-1)!).map(run);
      smallScreens = await shrink(terminal);
      terminal.pressCtrlC();
      exitCode = await terminal.waitForExit();
      lastWords = terminal.output.slice(-200);
    } finally {
      await terminal.close();
    }
  });

  it('draws screens one after the other as the golden file shows', () => {
    const layouts = screens.map((screen) => layoutOf(screen).join('\n'));
    const distinct = layouts.filter((layout, at) => layout !== layouts[at - 1]);
    expectGolden('e2e-screens', distinct.map((layout) => `${layout}\n`).join(`${'-'.repeat(79)}\n`));
  });

  it('lets the bars move', () => {
    const percents = screens.map(percentOn);
    expect(percents[0]).toBe(0);
    expect([...percents].sort((one, other) => one - other)).toEqual(percents);
    expect(new Set(percents).size).toBeGreaterThan(5);
    expect(new Set(screens.map((screen) => barOn(screen, 'confirmed'))).size).toBeGreaterThan(5);
    expect(Math.max(...screens.map((screen) => barOn(screen, 'downloading')))).toBeGreaterThan(1);
  });

  it('accounts for every device on every screen of the rollout', () => {
    const states = ['waiting', 'offered', 'downloading', 'installing', 'confirmed', 'failed', 'other'];
    const sums = screens
      .filter((screen) => screen[1]!.startsWith('Rollout'))
      .map((screen) => states.reduce((sum, state) => sum + countOn(screen, state), 0));
    expect([...new Set(sums)]).toEqual([DEVICES]);
  });

  it('ends with a verdict, failures and their causes', () => {
    const last = screens.at(-1)!;
    expect(last.join('\n')).toContain(
      `The simulated devices and the server's history agree on ${DEVICES} updates.`,
    );
    expect(countOn(last, 'confirmed')).toBeGreaterThan(DEVICES / 2);
    expect(countOn(last, 'failed')).toBeGreaterThan(0);
    const causes = last.slice(12, 18).flatMap((line) => /^ {0,5}(\d+) {2}\w/.exec(line)?.[1] ?? []);
    expect(causes.map(Number).reduce((sum, devices) => sum + devices, 0)).toBeGreaterThanOrEqual(
      countOn(last, 'failed'),
    );
  });

  it('prints commands that work as they are printed', () => {
    const [explained, log] = answers.map((answer) => JSON.parse(answer) as unknown);
    expect(answers).toHaveLength(2);
    expect(explained).toMatchObject({ decision: { kind: 'nothing', reason: 'exhausted' } });
    expect(log).toMatchObject({
      items: expect.arrayContaining([expect.objectContaining({ source: 'device' })]),
    });
  });

  it('is coloured', () => {
    expect(output).toMatch(COLOUR);
  });

  it('follows when the window becomes smaller', () => {
    expect(smallScreens.length).toBeGreaterThan(0);
    expect(smallScreens.at(-1)![1]).toMatch(/^Done: /);
  });

  it('ends with Ctrl-C and leaves nothing behind', () => {
    expect(exitCode).toBe(0);
    expect(lastWords).toContain('Stopped. Nothing is left behind.');
    expect(tracesOf(folderIn(output))).toEqual([]);
    expect(existsSync(folderIn(output))).toBe(false);
  });
});

describe('npm start -- --demo --once without a terminal', () => {
  let output: string;
  let exitCode: number | null | undefined;
  beforeAll(async () => {
    const demo = await startPlain('--once', '--devices', '20');
    try {
      exitCode = (await demo.waitForExit(PATIENCE_MS))?.code;
      output = demo.output;
    } finally {
      demo.killGroup();
    }
  });

  it('tells the rollout in plain lines, each with its time', () => {
    // eslint-disable-next-line no-control-regex -- their absence is the point
    expect(output).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    const lines = output.trimEnd().split('\n');
    expect(lines.slice(0, -2).filter((line) => !/^ *\d+:\d\d {2}\S?/.test(line))).toEqual([]);
    expect(output).toContain('Rollout 1 is running: from 1.0.0 to 2.0.0, at most 10 at a time');
    expect(new Set(output.match(/confirmed \d+/g)).size).toBeGreaterThan(3);
  });

  it('ends by itself with 0, since server and devices agree', () => {
    expect(output).toContain("The simulated devices and the server's history agree on 20 updates.");
    expect(exitCode).toBe(0);
  });

  it('leaves nothing behind', () => {
    expect(tracesOf(folderIn(output))).toEqual([]);
    expect(existsSync(folderIn(output))).toBe(false);
  });
});

describe('a demo that is disturbed', () => {
  it('tells the last lines of the log when its server dies, ends with 1 and takes Postgres along', async () => {
    const demo = await startPlain();
    try {
      await demo.waitForOutput('Rollout 1 is running', PATIENCE_MS);
      const folder = folderIn(demo.output);
      process.kill(serverOf(demo.output), 'SIGKILL');
      expect((await demo.waitForExit(PATIENCE_MS))?.code).toBe(1);
      expect(demo.output).toContain('The server has ended (SIGKILL). Its log ends with:');
      expect(demo.output).toMatch(/^ {2}Rookery listens on /m);
      expect(tracesOf(folder)).toEqual([]);
      expect(existsSync(folder)).toBe(false);
    } finally {
      demo.killGroup();
    }
  });

  it('ends cleanly when its window is closed', async () => {
    const terminal = new PseudoTerminal({ command: typed(), size: SIZE, env: { NO_COLOR: '1' } });
    let folder = '';
    try {
      await terminal.waitForOutput('Rollout 1 is running', PATIENCE_MS);
      folder = folderIn(terminal.output);
      expect(terminal.output).not.toMatch(COLOUR);
    } finally {
      await terminal.close();
    }
    await eventually(() => expect(tracesOf(folder)).toEqual([]), { timeoutMs: PATIENCE_MS });
    await eventually(() => expect(existsSync(folder)).toBe(false));
  });

  it('leaves no server and no Postgres when it is killed itself', async () => {
    const demo = await startPlain();
    await demo.waitForOutput('devices have registered', PATIENCE_MS);
    const folder = folderIn(demo.output);
    demo.killGroup();
    try {
      await eventually(() => expect(tracesOf(folder)).toEqual([]), { timeoutMs: PATIENCE_MS });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('says which port is taken, ends with 1 and leaves nothing behind', async () => {
    const first = await startPlain();
    try {
      await first.waitForOutput('devices have registered', PATIENCE_MS);
      const port = /127\.0\.0\.1:(\d+)/.exec(first.output)?.[1] ?? '';
      const second = await startPlain('--port', port);
      expect((await second.waitForExit(PATIENCE_MS))?.code).toBe(1);
      expect(second.output).toBe(
        `Port ${port} is taken by another program. Choose another one with --port.\n`,
      );
    } finally {
      first.signal('SIGINT');
      await first.waitForExit(PATIENCE_MS);
      first.killGroup();
    }
    expect(existsSync(folderIn(first.output))).toBe(false);
  });
});
