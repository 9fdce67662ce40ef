import { Agent, request } from 'node:http';
import { at } from './clients/choke';
import { RaucConnection } from './clients/rauc-connection';
import { STREAM_BLOCK_BYTES, fetchBlock } from './clients/rauc-download';
import { eventually } from './support/eventually';
import { RaucWorkshop } from './support/rauc-workshop';

jest.setTimeout(240_000);

const READS_PER_SECOND = 20;
const RANGES = 10_000;
const BLOCKS = 4;
const SOCKETS = 6;

/** The limits of addresses, which count nobody out here: a burst and a stream must get through all the same. */
let workshop: RaucWorkshop;

beforeAll(async () => {
  workshop = await RaucWorkshop.open({
    ROOKERY_DDI_EXEMPT: 'none',
    ROOKERY_DDI_READS_PER_SECOND: String(READS_PER_SECOND),
    ROOKERY_DDI_WRITES_PER_SECOND: '10',
  });
});

afterAll(() => workshop?.close());

function authorization(): string {
  return `GatewayToken ${workshop.server.gatewayToken}`;
}

it('too many polls in a second are refused', async () => {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  const url = `${workshop.server.url}/DEFAULT/controller/v1/flood`;
  const poll = (): Promise<number> =>
    new Promise((resolve, reject) => {
      request(url, { agent, headers: { authorization: authorization() } })
        .on('response', (answer) => resolve(answer.resume().statusCode ?? 0))
        .on('error', reject)
        .end();
    });
  // However slow the machine is, some second sees more than the limit.
  await eventually(async () => {
    const statuses = await Promise.all(Array.from({ length: 10 * READS_PER_SECOND }, poll));
    expect(statuses).toContain(429);
  });
  agent.destroy();
});

it('the updater repeats the reports that are refused, and none of its burst is lost', async () => {
  const board = workshop.board();
  await eventually(() => board.updater.round());
  const actionId = await workshop.assign(await workshop.release(), board);
  // A poll that is refused it repeats later; that is no error.
  await eventually(async () =>
    expect((await board.updater.round()).outcome).toEqual({ kind: 'installed', actionId }),
  );
  expect(board.updater.warnings).toEqual([]);
  const log = await workshop.management.actionLog(actionId);
  const steps = log.flatMap((entry) => entry.messages).filter((message) => /^\d+% /.test(message));
  expect(steps).toHaveLength(20);
});

it('ten thousand ranges of 128 KiB are all answered 206', async () => {
  const board = workshop.board();
  await eventually(() => board.updater.round());
  const imageBytes = BLOCKS * STREAM_BLOCK_BYTES;
  await workshop.assign(await workshop.release({ format: 'verity', imageBytes }), board);
  const connection = new RaucConnection(authorization());
  const url = await eventually(() => offeredBundle(connection, board.name));
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS });
  let next = 0;
  let bytes = 0;
  const reader = async (): Promise<void> => {
    while (next < RANGES) {
      const start = (next++ % BLOCKS) * STREAM_BLOCK_BYTES;
      const block = await fetchBlock(connection, { url, start, agent });
      bytes += block?.length ?? 0;
    }
  };
  await Promise.all(Array.from({ length: SOCKETS }, reader));
  expect(bytes).toBe(RANGES * STREAM_BLOCK_BYTES);
  agent.destroy();
  connection.close();
});

/** Fetches the deployment that is on offer, and nothing more. */
async function offeredBundle(connection: RaucConnection, name: string): Promise<string> {
  const read = async (url: string): Promise<unknown> => {
    const { status, text } = await connection.call('GET', url);
    if (status !== 200) throw new Error(`GET ${url} is answered ${status}`);
    return JSON.parse(text);
  };
  const poll = await read(`${workshop.server.url}/DEFAULT/controller/v1/${name}`);
  const offer = await read(String(at(poll, '_links', 'deploymentBase', 'href')));
  const artifact = at(offer, 'deployment', 'chunks', 0, 'artifacts', 0);
  return String(at(artifact, '_links', 'download', 'href'));
}
