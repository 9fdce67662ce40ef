import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Choke } from '../e2e/clients/choke';
import { RaucConnection } from '../e2e/clients/rauc-connection';
import { streamBlocks } from '../e2e/clients/rauc-download';
import { RaucSystem } from '../e2e/clients/rauc-system';
import { RaucUpdater, type RaucUpdaterOptions } from '../e2e/clients/rauc-updater';
import { ZephyrBoard } from '../e2e/clients/zephyr-board';
import {
  CROOKED_IMAGE as IMAGE,
  CrookedServer,
  inChunks,
  instead,
  type Crook,
} from '../support/crooked-server';

const POLL = /^GET .*\/dev$/;
const OFFER = /^GET .*\/deploymentBase\//;
const FILE = /^GET .*\/artifacts\//;
const FEEDBACK = /^POST .*\/feedback$/;
const CONFIG = /^PUT /;

/** What the strict clients of the end-to-end tests let pass here they would let pass there. */
let server: CrookedServer;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'strict-'));
  server = await CrookedServer.start();
});

afterAll(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

beforeEach(() => server.forget());

/** A system that takes every bundle: rauc itself is asked in the end-to-end tests. */
class WillingSystem extends RaucSystem {
  override async install(): Promise<void> {
    await Promise.resolve();
  }
}

describe("the strict model of RAUC's updater", () => {
  const updaters: RaucUpdater[] = [];
  let names = 0;
  afterAll(() => updaters.forEach((updater) => updater.close()));

  function anUpdater(options: Partial<RaucUpdaterOptions> = {}): RaucUpdater {
    const updater = new RaucUpdater({
      serverUrl: server.url,
      tenant: 'default',
      targetName: 'dev',
      authorization: 'GatewayToken secret',
      bundleFile: join(folder, `${(names += 1)}.raucb`),
      system: new WillingSystem('any', '1.0'),
      attributes: {},
      ...options,
    });
    updaters.push(updater);
    return updater;
  }

  it('is content with a server that does everything right', async () => {
    const updater = anUpdater();
    expect(await updater.round()).toEqual({
      sleepSeconds: 1,
      isIdentified: true,
      outcome: { kind: 'installed', actionId: '7' },
    });
    expect(await updater.round()).toMatchObject({ isIdentified: false, outcome: { kind: 'idle' } });
    expect(updater.warnings).toEqual([]);
  });

  it.each<[string, Crook, string]>([
    ['a poll with 204', { answer: instead(POLL, 204) }, 'is answered 204, and only 200 counts'],
    [
      'a redirected poll',
      { answer: instead(POLL, 301, { location: '/' }) },
      'is answered 301, and only 200 counts',
    ],
    ['an unauthorized poll', { answer: instead(POLL, 401) }, 'is answered 401'],
    ['a sleep of a day', { sleep: '24:00:00' }, 'config.polling.sleep is "24:00:00"'],
    ['a sleep in short', { sleep: '5:00' }, 'config.polling.sleep is "5:00"'],
    ['no sleep at all', { sleep: '00:00:00' }, 'without a rest'],
    ['configData with 201', { answer: instead(CONFIG, 201) }, 'configData is answered 201'],
    ['an id that is a number', { id: 7 }, "the deployment's id is 7"],
    ['a deployment with 202', { answer: instead(OFFER, 202) }, 'is answered 202'],
    ['a link without an address', { links: { deploymentBase: {} } }, 'deploymentBase has no href'],
    [
      'a relative link',
      { links: { deploymentBase: { href: '/default/controller/v1/dev/deploymentBase/7' } } },
      'is no absolute address',
    ],
    ['a missing file', { answer: instead(FILE, 404) }, 'is answered 404'],
    ['another checksum', { artifact: { hashes: { sha1: '0' } } }, 'and 0 was announced'],
    ['an action offered after its end', { forgets: true }, 'is offered again'],
  ])('chokes on %s', async (_what, wrong, fact) => {
    server.crook = wrong;
    const updater = anUpdater();
    const rounds = async (): Promise<void> => {
      await updater.round();
      await updater.round();
    };
    const failure = await rounds().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Choke);
    expect(String(failure)).toContain(fact);
  });

  it.each<[string, Crook, string]>([
    ['no update', { deployment: { update: undefined } }, 'deployment.update'],
    ['no download', { deployment: { download: undefined } }, 'deployment.download'],
    ['no name', { chunk: { name: undefined } }, 'name'],
    ['no version', { chunk: { version: undefined } }, 'version'],
    ['no size', { artifact: { size: undefined } }, 'size'],
    ['no sha1', { artifact: { hashes: {} } }, 'hashes.sha1'],
    ['no link', { artifact: { _links: {} } }, '_links.download-http.href'],
    ['no chunk', { deployment: { chunks: [] } }, 'no chunks'],
    ['two artifacts', { chunk: { artifacts: [{}, {}] } }, 'cannot handle multiple artifacts'],
    ['two chunks', { deployment: { chunks: [{}, {}] } }, 'cannot handle multiple chunks'],
  ])('reports a failure for a deployment with %s', async (_what, wrong, why) => {
    server.crook = wrong;
    const { outcome } = await anUpdater().round();
    expect(outcome).toMatchObject({ kind: 'failed', why: expect.stringContaining(why) });
    expect(server.feedback).toEqual([
      expect.objectContaining({
        status: expect.objectContaining({ execution: 'closed', result: { finished: 'failure' } }),
      }),
    ]);
  });

  it('reports a failure, too, when its download is answered 404', async () => {
    server.crook = { answer: instead(FILE, 404) };
    const updater = anUpdater();
    await expect(updater.round()).rejects.toThrow('is answered 404');
    expect(server.feedback).toEqual([
      expect.objectContaining({
        status: expect.objectContaining({ execution: 'closed', result: { finished: 'failure' } }),
      }),
    ]);
  });

  it('takes the link download before download-http', async () => {
    const secure = { href: `${server.url}/default/controller/v1/dev/softwaremodules/3/artifacts/secure` };
    server.crook = { artifact: { _links: { download: secure, 'download-http': { href: 'nowhere' } } } };
    expect((await anUpdater().round()).outcome).toMatchObject({ kind: 'installed' });
  });

  it('follows a redirected download, which a redirected poll is not', async () => {
    const location = `${server.url}/elsewhere/artifacts/again`;
    server.crook = { answer: instead(/^GET \/default.*\/artifacts\//, 302, { location }) };
    expect((await anUpdater().round()).outcome).toMatchObject({ kind: 'installed' });
  });

  it('only warns of progress that is not answered 200', async () => {
    let isFirst = true;
    const refuse = instead(FEEDBACK, 503);
    server.crook = {
      answer: (request, response) => {
        const isRefused = isFirst && refuse(request, response);
        isFirst &&= !isRefused;
        return isRefused;
      },
    };
    const updater = anUpdater();
    expect((await updater.round()).outcome).toMatchObject({ kind: 'installed' });
    expect(updater.warnings).toEqual([expect.stringContaining('was answered 503')]);
  });

  it('repeats a report that is answered 409 or 429', async () => {
    const refusals = [409, 429];
    server.crook = {
      answer: (request, response) => {
        const [status] = refusals;
        if (status === undefined || !instead(FEEDBACK, status)(request, response)) return false;
        refusals.shift();
        return true;
      },
    };
    const updater = anUpdater();
    expect((await updater.round()).outcome).toMatchObject({ kind: 'installed' });
    expect(updater.warnings).toEqual([]);
    expect(refusals).toEqual([]);
  });

  it.each([
    ['a Range answered 200', 200, {}, 'with 200'],
    ['416 without the size', 416, {}, 'says Content-Range: '],
  ])('chokes on %s when the bundle is there already', async (_what, status, headers, fact) => {
    server.crook = { deployment: { update: 'skip', maintenanceWindow: 'unavailable' } };
    const updater = anUpdater();
    expect((await updater.round()).outcome).toMatchObject({ kind: 'waiting' });
    server.crook = { answer: instead(FILE, status, headers) };
    await expect(updater.round()).rejects.toThrow(fact);
  });

  it.each([
    ['200', instead(FILE, 200), 'is answered 200'],
    ['429', instead(FILE, 429), 'is answered 429'],
    [
      'another part',
      instead(FILE, 206, { 'content-range': 'bytes 1-2/3' }),
      'says Content-Range: bytes 1-2/3',
    ],
  ])('chokes on a block answered with %s', async (_what, answer, fact) => {
    server.crook = { answer };
    const connection = new RaucConnection('GatewayToken secret');
    await expect(
      streamBlocks(connection, `${server.home}/softwaremodules/3/artifacts/image`),
    ).rejects.toThrow(fact);
    connection.close();
  });
});

describe("the strict model of Zephyr's board", () => {
  const aBoard = (): ZephyrBoard =>
    new ZephyrBoard({ serverUrl: server.url, controllerId: 'dev', authorization: 'GatewayToken secret' });

  it('is content with a server that does everything right', async () => {
    const board = aBoard();
    expect(await board.wakeUp()).toEqual({ steps: ['identified', 'installed'], sleepSeconds: 1 });
    board.reboot();
    expect(board.runningImage).toEqual(IMAGE);
    expect(await board.wakeUp()).toEqual({ steps: ['reported'], sleepSeconds: 1 });
    expect(server.feedback).toEqual([{ status: { execution: 'closed', result: { finished: 'success' } } }]);
  });

  it('takes only the path of a link to another host', async () => {
    server.crook = { origin: 'https://updates.example.com' };
    expect(await aBoard().wakeUp()).toMatchObject({ steps: ['identified', 'installed'] });
  });

  it.each<[string, Crook, string]>([
    ['a poll with 204', { answer: instead(POLL, 204) }, 'is answered 204, and only 200 counts'],
    ['a poll in chunks', { answer: inChunks(POLL, () => server.poll()) }, 'Transfer-Encoding: chunked'],
    [
      'a deployment in chunks',
      { answer: inChunks(OFFER, () => server.deployment()) },
      'Transfer-Encoding: chunked',
    ],
    ['an image in chunks', { answer: inChunks(FILE, () => IMAGE) }, 'Transfer-Encoding: chunked'],
    [
      'a compressed poll',
      { answer: instead(POLL, 200, { 'content-encoding': 'gzip' }) },
      'Content-Encoding: gzip',
    ],
    [
      'a connection that closes',
      { answer: instead(CONFIG, 200, { connection: 'close' }) },
      'Connection: close',
    ],
    ['configData with 201', { answer: instead(CONFIG, 201) }, 'is answered 201'],
    ['a sleep of seven characters', { sleep: '0:00:01' }, 'not 8 characters'],
    ['a sleep that is missing', { sleep: undefined }, 'config.polling.sleep is undefined'],
    ['a link that stays', { forgets: true }, 'is still there after it was answered 200'],
    ['another tenant in the links', { tenant: 'DEFAULT' }, 'does not hold /default/controller/v1/dev'],
    ['a long link', { origin: `http://${'a'.repeat(180)}.example.com` }, '200 is too many'],
    ['an id that is a number', { id: 7 }, 'the id in the deployment is 7'],
    ['an id beyond int32', { id: '2147483648' }, 'the id in the deployment is "2147483648"'],
    ['another part', { chunk: { part: 'os' } }, `the chunk's part is "os"`],
    ['two chunks', { deployment: { chunks: [{}, {}] } }, 'one of the chunks, and there are 2'],
    ['two artifacts', { chunk: { artifacts: [{}, {}] } }, 'one of the artifacts, and there are 2'],
    ['no sha256', { artifact: { hashes: {} } }, 'hashes.sha256 is undefined'],
    ['another image', { artifact: { hashes: { sha256: '0'.repeat(64) } } }, 'was announced'],
    ['another size', { artifact: { size: 5 } }, `has ${IMAGE.length} bytes of 5`],
    ['no link', { artifact: { _links: { download: { href: 'x' } } } }, 'the link download-http is missing'],
  ])('chokes on %s', async (_what, wrong, fact) => {
    server.crook = wrong;
    const failure = await aBoard()
      .wakeUp()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Choke);
    expect(String(failure)).toContain(fact);
  });

  it.each<[string, Crook, string]>([
    ['a last report with 410', { answer: instead(FEEDBACK, 410) }, 'is answered 410'],
    ['an action offered after its end', { forgets: true }, 'is still there'],
  ])('chokes after its restart on %s', async (_what, wrong, fact) => {
    const board = aBoard();
    await board.wakeUp();
    board.reboot();
    server.crook = wrong;
    await expect(board.wakeUp()).rejects.toThrow(fact);
  });
});
