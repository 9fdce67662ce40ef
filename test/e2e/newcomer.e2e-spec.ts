import { execFileSync } from 'node:child_process';
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { IS_ROOT } from './support/account';
import { eventually } from './support/eventually';
import { findFreePort, isFree, occupy, vacate } from './support/free-port';
import { swuFixture } from './support/installed-image';
import { Newcomer, readSecrets, type NewcomerOptions, type PrintedSecrets } from './support/newcomer';

jest.setTimeout(400_000);

const DEFAULT_PORT = 8080;
const EXIT_PATIENCE_MS = 120_000;
/** What the server promises for its end after Ctrl-C. */
const STOP_PROMISE_MS = 5_000;

const PEOPLE: readonly (NewcomerOptions & { readonly who: string })[] = [
  ...(IS_ROOT
    ? [
        { who: 'root in a path with spaces', homeMode: 0o755, folder: 'my  own clone', isOrdinaryUser: false },
        { who: 'root below a 0700 home', homeMode: 0o700, folder: 'src/rookery', isOrdinaryUser: false },
      ]
    : []),
  {
    who: 'an ordinary user below a 0700 home, in a path with spaces',
    homeMode: 0o700,
    folder: 'my  own clone',
    isOrdinaryUser: IS_ROOT,
  },
];

/** What one running server showed from outside. */
interface Showing {
  readonly output: string;
  readonly url: string;
  readonly printed: PrintedSecrets;
  readonly kept: PrintedSecrets;
  readonly fileMode: number;
  readonly answers: Readonly<Record<'ipv4' | 'ipv6' | 'poll' | 'token' | 'noToken' | 'device', number>>;
}

async function statusOf(url: string, authorization?: string): Promise<number> {
  const headers = { connection: 'close', ...(authorization === undefined ? {} : { authorization }) };
  const answer = await fetch(url, { headers });
  await answer.body?.cancel();
  return answer.status;
}

/** Looks at a server with the secrets of its first start: a device polls, then the operator asks for it. */
async function look(session: Awaited<ReturnType<Newcomer['start']>>): Promise<Showing> {
  const { url, output, secrets } = session;
  const { port } = new URL(url);
  const kept = readSecrets(session.credentialsFile);
  const api = `http://127.0.0.1:${port}/api/v1/devices`;
  const answers = {
    ipv4: await statusOf(`http://127.0.0.1:${port}/readyz`),
    ipv6: await statusOf(`http://[::1]:${port}/readyz`),
    device: await statusOf(`${api}/first`, `Bearer ${kept.apiToken}`),
    poll: await statusOf(`http://localhost:${port}/DEFAULT/controller/v1/first`, `GatewayToken ${kept.gatewayToken}`),
    token: await statusOf(api, `Bearer ${kept.apiToken}`),
    noToken: await statusOf(api),
  };
  return {
    url,
    output,
    kept,
    answers,
    printed: secrets,
    fileMode: statSync(session.credentialsFile).mode & 0o777,
  };
}

/** Ctrl-C; how long until nothing runs any more, Postgres included. */
async function interrupt(newcomer: Newcomer, session: Awaited<ReturnType<Newcomer['start']>>): Promise<number> {
  const begin = performance.now();
  session.interrupt();
  await eventually(() => expect(newcomer.processes).toEqual([]), { timeoutMs: 20_000, everyMs: 20 });
  return performance.now() - begin;
}

/** Who did a real `npm ci`; the others take a copy. */
let pioneer: Newcomer | undefined;

async function settle(options: NewcomerOptions): Promise<Newcomer> {
  const newcomer = Newcomer.arrive(options);
  if (pioneer === undefined) {
    pioneer = newcomer;
    await newcomer.install();
  } else {
    newcomer.installAs(pioneer);
  }
  return newcomer;
}

afterAll(() => pioneer?.leave());

describe.each(PEOPLE)('npm ci && npm start as $who', (person) => {
  let newcomer: Newcomer;
  let port: number;
  let first: Showing;
  let second: Showing;
  let afterKill: Showing;
  let stopMs: number[];
  let orphans: number;

  beforeAll(async () => {
    newcomer = await settle(person);
    // Whoever tries it first sets nothing at all, unless this machine has something on 8080.
    const isBare = newcomer === pioneer && (await isFree(DEFAULT_PORT));
    port = isBare ? DEFAULT_PORT : await findFreePort();
    const settings = isBare ? {} : { ROOKERY_PORT: String(port) };
    const one = await newcomer.start(settings);
    first = await look(one);
    stopMs = [await interrupt(newcomer, one)];
    const two = await newcomer.start(settings);
    second = await look(two);
    two.kill9();
    await two.waitForExit(EXIT_PATIENCE_MS);
    orphans = newcomer.processes.length;
    const three = await newcomer.start(settings);
    afterKill = await look(three);
    stopMs.push(await interrupt(newcomer, three));
  });

  afterAll(() => (newcomer === pioneer ? undefined : newcomer.leave()));

  it('says where it listens', () => {
    expect(first.url).toBe(`http://localhost:${port}`);
  });

  it('keeps its data in the clone', () => {
    expect(first.output).toContain(`Data is kept in ${join(newcomer.folder, 'data')}\n`);
  });

  it('prints a password, an API token and a gateway token, each made for this start', () => {
    expect(Object.values(first.printed).map((secret) => secret.length >= 20)).toEqual([true, true, true]);
    expect(new Set(Object.values(first.printed)).size).toBe(3);
  });

  it('keeps the same secrets in a file of mode 0600', () => {
    expect(first.kept).toMatchObject(first.printed);
    expect(first.fileMode).toBe(0o600);
  });

  it('prints three commands to try next', () => {
    expect(first.output.match(/^ {2}curl .*$/gm)).toHaveLength(3);
  });

  it('answers on IPv4 and on IPv6', () => {
    expect(first.answers).toMatchObject({ ipv4: 200, ipv6: 200 });
  });

  it('registers a device that polls with the printed gateway token', () => {
    expect(first.answers).toMatchObject({ device: 404, poll: 200 });
    expect(second.answers.device).toBe(200);
  });

  it('lets the printed API token in and nobody without one', () => {
    expect(first.answers).toMatchObject({ token: 200, noToken: 401 });
  });

  it('ends everything within 5 s of Ctrl-C, the embedded Postgres too', () => {
    for (const ms of stopMs) {
      expect(ms).toBeLessThan(STOP_PROMISE_MS);
    }
  });

  it('does not show the secrets at the second start', () => {
    for (const secret of Object.values(first.kept)) {
      expect(second.output).not.toContain(secret);
    }
  });

  it('works with the same secrets at the second start', () => {
    expect(second.kept).toEqual(first.kept);
    expect(second.answers).toMatchObject({ ipv4: 200, ipv6: 200, poll: 200, token: 200 });
  });

  it('starts again after kill -9, with the Postgres that was left behind', () => {
    expect(orphans).toBeGreaterThan(0);
    expect(afterKill.output).toMatch(/(Adopted|Stopping) the Postgres server/);
  });

  it('has everything that it had before kill -9', () => {
    expect(afterKill.answers).toMatchObject({ device: 200, poll: 200, token: 200 });
    expect(afterKill.kept).toEqual(first.kept);
  });
});

describe('the printed commands', () => {
  it('work as they are printed', async () => {
    const newcomer = pioneer!;
    const folder = join(newcomer.home, 'workbench');
    const settings = { ROOKERY_PORT: String(await findFreePort()), ROOKERY_DATA_DIR: join(folder, 'fresh') };
    const session = await newcomer.start(settings);
    copyFileSync(swuFixture('basic-1.0.swu'), join(folder, 'update.swu'));
    const commands = session.output.match(/^ {2}curl .*$/gm) ?? [];
    const run = (command: string): string =>
      execFileSync('sh', ['-c', `${command} --silent --show-error --fail`], { cwd: folder, encoding: 'utf8' });
    const [poll, devices, release] = commands.map((command) => JSON.parse(run(command)) as unknown);
    expect(poll).toMatchObject({ config: { polling: { sleep: expect.stringMatching(/^\d\d:\d\d:\d\d$/) } } });
    expect(devices).toMatchObject({ items: [{ controllerId: 'my-first-device' }] });
    expect(release).toMatchObject({ version: '1.0' });
    await interrupt(newcomer, session);
  });
});

describe('a start that cannot succeed', () => {
  it('says which port is taken, ends with 1 and leaves no Postgres behind', async () => {
    const newcomer = pioneer!;
    const port = await findFreePort();
    const squatter = await occupy(port);
    try {
      const session = await newcomer.typeStart({ ROOKERY_PORT: String(port) });
      expect((await session.waitForExit(EXIT_PATIENCE_MS))?.code).toBe(1);
      expect(session.output).toContain(`Port ${port} is taken`);
      expect(session.output).not.toMatch(/^ {4}at /m);
      await eventually(() => expect(newcomer.processes).toEqual([]));
    } finally {
      await vacate(squatter);
    }
  });

  it('names all that is wrong with the settings at once and ends with 1', async () => {
    const session = await pioneer!.typeStart({ ROOKERY_PORT: 'abc', ROOKERY_POLL_INTERVAL: 'x' });
    expect((await session.waitForExit(EXIT_PATIENCE_MS))?.code).toBe(1);
    expect(session.output).toMatch(/ROOKERY_PORT must be .*"abc"/);
    expect(session.output).toMatch(/ROOKERY_POLL_INTERVAL must be .*"x"/);
    expect(pioneer!.processes).toEqual([]);
  });
});
