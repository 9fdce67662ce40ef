import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NotExpressibleError, type Adapter } from './adapters/adapter';
import { HawkbitAdapter } from './adapters/hawkbit';
import { RookeryAdapter } from './adapters/rookery';
import { chosen } from './runner/choice';
import { NEEDS, type ContractCase, type Need } from './runner/contract-case';
import { Description } from './runner/description';
import { loadAssertions, loadCases } from './runner/load';
import { replay } from './runner/replay';
import { OneServer } from './runner/servers';
import { summaryOf, type Outcome } from './runner/summary';
import { closeConnections } from './runner/transport';

const USAGE = `Replays the cases of ddi-spec/ against a server.

  npm run test:contract                            against Rookery, started in this process
  npm run test:contract -- --url <url> --adapter rookery --token <API token of an administrator>
  npm run test:contract -- --url <url> --adapter hawkbit --user <name> --password <password>

  --only R5,X     only these cases or sections
  --tenant <key>  as it stands in the paths of DDI; DEFAULT when left out
  --has <needs>   what the server was started with, with commas between: ${NEEDS.join(', ')}
`;

const OPTIONS = {
  url: { type: 'string' },
  adapter: { type: 'string', default: 'rookery' },
  user: { type: 'string' },
  password: { type: 'string' },
  token: { type: 'string' },
  tenant: { type: 'string', default: 'DEFAULT' },
  only: { type: 'string' },
  has: { type: 'string', default: '' },
  help: { type: 'boolean', default: false },
} as const;

type Options = ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'];

async function main(): Promise<number> {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  return values.url === undefined ? replayHere(values.only) : replayThere(values.url, values);
}

/** Through jest, which brings the database and counts each case as a test. */
function replayHere(only: string | undefined): number {
  const jest = join(__dirname, '..', '..', 'node_modules', 'jest', 'bin', 'jest.js');
  const environment = { ...process.env, ...(only === undefined ? {} : { ROOKERY_TEST_CONTRACT_ONLY: only }) };
  const run = spawnSync(process.execPath, [jest, '--selectProjects', 'contract'], {
    stdio: 'inherit',
    env: environment,
  });
  return run.status ?? 1;
}

async function replayThere(url: string, options: Options): Promise<number> {
  const cases = chosen(loadCases(), options.only);
  const base = url.replace(/\/+$/, '');
  const servers = new OneServer(base, adapterFor(base, options), needsOf(options.has));
  const description = new Description();
  const outcomes: Outcome[] = [];
  try {
    // Whoever cannot be spoken to at all fails the run, not each of its cases.
    await servers.meeting();
    for (const one of cases) outcomes.push(await outcomeOf(one, servers, description));
  } finally {
    await servers.close();
    closeConnections();
  }
  process.stdout.write(summaryOf(cases, loadAssertions(), outcomes));
  return outcomes.some(({ result }) => result === 'failed') ? 1 : 0;
}

async function outcomeOf(one: ContractCase, servers: OneServer, description: Description): Promise<Outcome> {
  const { id } = one;
  try {
    await replay(one, await servers.meeting(), description);
    process.stdout.write(`ok ${id} ${one.name}\n`);
    return { id, result: 'passed' };
  } catch (error) {
    if (error instanceof NotExpressibleError) return { id, result: 'not expressible', reason: error.reason };
    process.stdout.write(
      `NOT OK ${id} ${one.name}: ${one.says}\n${error instanceof Error ? error.message : String(error)}\n\n`,
    );
    return { id, result: 'failed' };
  }
}

function adapterFor(url: string, { adapter, tenant, token, user, password }: Options): Adapter {
  if (adapter === 'rookery' && token !== undefined) return new RookeryAdapter({ url, token, tenant });
  if (adapter === 'hawkbit' && user !== undefined && password !== undefined)
    return new HawkbitAdapter({ url, user, password, tenant });
  throw new Error(`--adapter ${adapter} needs other options.\n\n${USAGE}`);
}

function needsOf(text: string): Need[] {
  const names = text.split(',').filter((name) => name !== '');
  const unknown = names.filter((name) => !(NEEDS as readonly string[]).includes(name));
  if (unknown.length > 0) throw new Error(`--has knows no ${unknown.join(', ')}.\n\n${USAGE}`);
  return names as Need[];
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  },
);
