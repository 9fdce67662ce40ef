import { execFileSync } from 'node:child_process';
import { copyFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { IS_ROOT } from './support/account';
import { eventually } from './support/eventually';
import { findFreePort, isFree, occupy, vacate } from './support/free-port';
import { swuFixture } from './support/installed-image';
import { Newcomer, readSecrets, type NewcomerOptions, type PrintedSecrets } from './support/newcomer';

jest.setTimeout(400_000);

const COMMAND = /^ {2}curl .*$/gm;
const DEFAULT_PORT = 8080;
const EXIT_PATIENCE_MS = 120_000;
/** What the server promises for its end after Ctrl-C. */
const STOP_PROMISE_MS = 5_000;

const PEOPLE: readonly (NewcomerOptions & { readonly who: string })[] = [
  ...(IS_ROOT
    ? [
        {
          who: 'root in a path with spaces',
          homeMode: 0o755,
          folder: 'my  own clone',
          isOrdinaryUser: false,
        },
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
  readonly answers: Readonly<
    Record<'ipv4' | 'ipv6' | 'deviceBefore' | 'poll' | 'device' | 'token' | 'noToken', number>
  >;
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
  const operator = `Bearer ${kept.apiToken}`;
  const answers = {
    ipv4: await statusOf(`http://127.0.0.1:${port}/readyz`),
    ipv6: await statusOf(`http://[::1]:${port}/readyz`),
    deviceBefore: await statusOf(`${api}/first`, operator),
    poll: await statusOf(
      `http://localhost:${port}/DEFAULT/controller/v1/first`,
      `GatewayToken ${kept.gatewayToken}`,
    ),
    device: await statusOf(`${api}/first`, operator),
    token: await statusOf(api, operator),
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
async function interrupt(
  newcomer: Newcomer,
  session: Awaited<ReturnType<Newcomer['start']>>,
): Promise<number> {
  const begin = performance.now();
  session.interrupt();
  await eventually(() => expect(newcomer.processes).toEqual([]), { timeoutMs: 20_000, everyMs: 20 });
  return performance.now() - begin;
}

/** Everybody who came, the first of them with a real `npm ci`; the others take a copy of what it brought. */
const arrived: Newcomer[] = [];

function getPioneer(): Newcomer {
  const [pioneer] = arrived;
  if (pioneer === undefined) {
    throw new Error('nobody has arrived');
  }
  return pioneer;
}

async function settle(options: NewcomerOptions): Promise<Newcomer> {
  const newcomer = Newcomer.arrive(options);
  arrived.push(newcomer);
  if (newcomer === getPioneer()) {
    await newcomer.install();
  } else {
    newcomer.installAs(getPioneer());
  }
  return newcomer;
}

afterAll(() => arrived.forEach((newcomer) => newcomer.leave()));

describe.each(PEOPLE)('npm ci && npm start as $who', (person) => {
  let newcomer: Newcomer;
  let port: number;
  let first: Showing;
  let orphans: number;
  let second: Showing;
  let stopMs: number;

  beforeAll(async () => {
    newcomer = await settle(person);
    // Whoever tries it first sets nothing at all, unless this machine has something on 8080.
    const isBare = newcomer === getPioneer() && (await isFree(DEFAULT_PORT));
    port = isBare ? DEFAULT_PORT : await findFreePort();
    const settings = isBare ? {} : { ROOKERY_PORT: String(port) };
    const session = await newcomer.start(settings);
    first = await look(session);
    session.kill9();
    await session.waitForExit(EXIT_PATIENCE_MS);
    orphans = newcomer.processes.length;
    const again = await newcomer.start(settings);
    second = await look(again);
    stopMs = await interrupt(newcomer, again);
  });

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
    expect(first.output.match(COMMAND)).toHaveLength(3);
  });

  it('answers on IPv4 and on IPv6', () => {
    expect(first.answers).toMatchObject({ ipv4: 200, ipv6: 200 });
  });

  it('registers a device that polls with the printed gateway token', () => {
    expect(first.answers).toMatchObject({ deviceBefore: 404, poll: 200, device: 200 });
  });

  it('lets the printed API token in and nobody without one', () => {
    expect(first.answers).toMatchObject({ token: 200, noToken: 401 });
  });

  it('starts again after kill -9, with the Postgres that was left behind', () => {
    expect(orphans).toBeGreaterThan(0);
    expect(second.output).toMatch(/(Adopted|Stopping) the Postgres server/);
  });

  it('shows none of the secrets at the second start', () => {
    for (const secret of [first.kept.password, first.kept.apiToken, first.kept.gatewayToken]) {
      expect(second.output).not.toContain(secret);
    }
  });

  it('has the same secrets and the same data after kill -9', () => {
    expect(second.kept).toEqual(first.kept);
    expect(second.answers).toMatchObject({ ipv4: 200, ipv6: 200, deviceBefore: 200, poll: 200, token: 200 });
  });

  it('ends everything within 5 s of Ctrl-C, the embedded Postgres too', () => {
    expect(stopMs).toBeLessThan(STOP_PROMISE_MS);
  });
});

describe('a start after Ctrl-C', () => {
  it('finds everything as it was', async () => {
    const newcomer = getPioneer();
    const session = await newcomer.start({ ROOKERY_PORT: String(await findFreePort()) });
    const { answers, output } = await look(session);
    expect(answers).toMatchObject({ deviceBefore: 200, poll: 200, token: 200 });
    expect(output).not.toMatch(/(Adopted|Stopping) the Postgres server/);
    await interrupt(newcomer, session);
  });
});

describe('the printed commands', () => {
  it('work as they are printed', async () => {
    const newcomer = getPioneer();
    const folder = join(newcomer.home, 'workbench');
    const settings = { ROOKERY_PORT: String(await findFreePort()), ROOKERY_DATA_DIR: join(folder, 'fresh') };
    const session = await newcomer.start(settings);
    copyFileSync(swuFixture('basic-1.0.swu'), join(folder, 'update.swu'));
    const commands = session.output.match(COMMAND) ?? [];
    const run = (command: string): string =>
      execFileSync('sh', ['-c', `${command} --silent --show-error --fail`], {
        cwd: folder,
        encoding: 'utf8',
      });
    const [poll, devices, release] = commands.map((command) => JSON.parse(run(command)) as unknown);
    expect(poll).toMatchObject({ config: { polling: { sleep: expect.stringMatching(/^\d\d:\d\d:\d\d$/) } } });
    expect(devices).toMatchObject({ items: [{ controllerId: 'my-first-device' }] });
    expect(release).toMatchObject({ version: '1.0' });
    await interrupt(newcomer, session);
  });
});

describe('a start that cannot succeed', () => {
  it('says which port is taken, ends with 1 and leaves no Postgres behind', async () => {
    const newcomer = getPioneer();
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
    const session = await getPioneer().typeStart({ ROOKERY_PORT: 'abc', ROOKERY_POLL_INTERVAL: 'x' });
    expect((await session.waitForExit(EXIT_PATIENCE_MS))?.code).toBe(1);
    expect(session.output).toMatch(/ROOKERY_PORT must be .*"abc"/);
    expect(session.output).toMatch(/ROOKERY_POLL_INTERVAL must be .*"x"/);
    expect(getPioneer().processes).toEqual([]);
  });
});
