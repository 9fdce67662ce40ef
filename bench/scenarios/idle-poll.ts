import { randomBytes } from 'node:crypto';
import { Contest } from '../contest';
import { BenchDatabase } from '../database';
import { seedRestingFleet } from '../fleet';
import { Load } from '../load';
import type { BenchOptions } from '../options';
import { startRawServer, startRookery, type RookeryServer, type Server } from '../processes';
import type { Scenario, ScenarioRun } from '../scenario';
import type { Workbench } from '../workbench';

const DEVICES = 100_000;

/** Devices that ask and are told "nothing new": almost all that an update server ever does. */
export const idlePoll: Scenario = {
  name: 'idle-poll',
  title: 'Idle poll: a root poll of a registered device with a gateway token, and nothing to do',
  aim: 3,
  run,
};

async function run(
  workbench: Workbench,
  options: BenchOptions,
  tell: (text: string) => void,
): Promise<ScenarioRun> {
  const { devices = DEVICES, seconds, rounds, connections } = options;
  const database = await BenchDatabase.start(workbench);
  const gatewayToken = randomBytes(24).toString('hex');
  const contestants = await startContestants(workbench, options, {
    databaseUrl: database.url,
    apiToken: randomBytes(24).toString('hex'),
    gatewayToken,
  });
  tell(`${devices} devices are made`);
  await seedRestingFleet(database, devices);
  const contest = new Contest(
    Load.start(workbench),
    contestants.map((server) => (server.name === 'raw' ? { server } : { server, database })),
    tell,
  );
  const outcome = await contest.run(
    { conversation: 'idle-polls', topic: { devices, gatewayToken }, connections, seconds },
    rounds,
  );
  const postgres = `${await database.version()}, embedded, fsync on`;
  return { outcome, conditions: { devices, seconds, rounds, connections, postgres } };
}

/** Raw, ours, and the other builds that were named. They idle while another is measured. */
async function startContestants(
  workbench: Workbench,
  options: BenchOptions,
  access: Omit<RookeryServer, 'name'>,
): Promise<Server[]> {
  const raw = await startRawServer(workbench);
  const ours = await startRookery(workbench, { ...access, name: 'rookery', profileFolder: options.profile });
  const others: Server[] = [];
  for (const [index, main] of options.against.entries())
    others.push(await startRookery(workbench, { ...access, name: `against-${index + 1}`, main }));
  return [raw, ours, ...others];
}
