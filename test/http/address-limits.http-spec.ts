import { startRookery, type TestRookery, type TestRookeryOptions } from '../support/rookery-app';

/** The test plays the proxy that is trusted, so it can say which address a device comes from. */
const PROXIED = { ROOKERY_TRUSTED_PROXIES: '127.0.0.1, 10.0.0.1' };
const STRICT = {
  ...PROXIED,
  ROOKERY_DDI_READS_PER_SECOND: '10',
  ROOKERY_DDI_WRITES_PER_SECOND: '10',
  ROOKERY_DDI_BLOCKED: '192.168.0.4, 2001:db8:bad::/48',
};

describe('the limits of an address', () => {
  const running: TestRookery[] = [];
  let one: TestRookery;
  let two: TestRookery;
  let next = 0;
  const anAddress = (): string => `198.51.100.${(next += 1)}`;

  const start = async (options: TestRookeryOptions): Promise<TestRookery> => {
    const rookery = await startRookery(options);
    running.unshift(rookery);
    return rookery;
  };
  beforeAll(async () => {
    one = await start({ settings: STRICT });
    two = await start({ replicaOf: one, settings: STRICT });
  });
  afterAll(async () => {
    for (const rookery of running) await rookery.close();
  });

  const send = (address: string, request: { method?: string; path?: string; at?: TestRookery } = {}) => {
    const { method = 'GET', path = '/DEFAULT/controller/v1/sensor-7', at = one } = request;
    const headers = {
      Authorization: `GatewayToken ${at.gatewayToken}`,
      'X-Forwarded-For': address,
      ...(method === 'GET' || method === 'HEAD' ? {} : { 'Content-Type': 'application/json' }),
    };
    const body =
      method === 'POST' ? '{"status":{"execution":"proceeding","result":{"finished":"none"}}}' : null;
    return fetch(`${at.url}${path}`, { method, headers, body });
  };
  /** How many of `count` requests were answered how. */
  const tally = async (count: number, ...args: Parameters<typeof send>): Promise<Record<number, number>> => {
    const answers = await Promise.all(Array.from({ length: count }, () => send(...args)));
    const counts: Record<number, number> = {};
    for (const { status } of answers) counts[status] = (counts[status] ?? 0) + 1;
    return counts;
  };
  const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
  const FEEDBACK = { method: 'POST', path: '/DEFAULT/controller/v1/sensor-7/deploymentBase/1/feedback' };

  it('keep a blocked one out, wherever in the chain of proxies it is named (Q1)', async () => {
    const answer = await send('192.168.0.4 , 10.0.0.1');
    expect([answer.status, await answer.text()]).toEqual([403, '']);
    for (const path of [
      '/DEFAULT/controller/v1/sensor-7/softwaremodules/1/artifacts/a',
      '/default/CONTROLLER/v1/x',
    ])
      expect((await send('192.168.0.4', { path })).status).toBe(403);
    expect((await send('2001:db8:bad:1::7', FEEDBACK)).status).toBe(403);
    expect((await send('::ffff:192.168.0.4')).status).toBe(403);
    expect((await send('192.168.0.5')).status).toBe(200);
  });

  it('leave a blocked one the management API, which has its own credentials', async () => {
    expect((await send('192.168.0.4', { path: '/healthz' })).status).toBe(200);
    expect((await send('192.168.0.4', { path: '/api/v1/me' })).status).toBe(401);
  });

  it('stop a flood of reads, not before 10 in a second (Q2)', async () => {
    const address = anAddress();
    const { 200: answered = 0, 429: refused = 0, ...others } = await tally(100, address);
    expect(others).toEqual({});
    expect(answered).toBeGreaterThanOrEqual(10);
    expect(refused).toBeGreaterThan(0);
    const answer = await floodedAnswer(address);
    expect([await answer.text(), answer.headers.get('retry-after')]).toEqual(['', '1']);
  });

  it('are for strangers: private addresses, IPv4 (Q3) and IPv6 (Q4), may send what they like', async () => {
    for (const address of ['10.1.2.3', '172.16.0.9', '192.168.7.7', '127.0.0.1', '::1', 'fd00::7', 'fe80::7'])
      expect(await tally(40, address)).toEqual({ 200: 40 });
    expect(await tally(40, '10.1.2.3', FEEDBACK)).toEqual({ 404: 40 });
  });

  it('let 9 reads in a second pass, again and again (Q5)', async () => {
    const address = anAddress();
    for (let round = 0; round < 3; round += 1) {
      expect(await tally(9, address)).toEqual({ 200: 9 });
      await pause(1100);
    }
  });

  it('stop a flood of reports, not before 10 in a second (Q6)', async () => {
    const { 404: answered = 0, 429: refused = 0, ...others } = await tally(100, anAddress(), FEEDBACK);
    expect(others).toEqual({});
    expect(answered).toBeGreaterThanOrEqual(10);
    expect(refused).toBeGreaterThan(0);
  });

  it('let 9 reports in a second pass, again and again (Q7)', async () => {
    const address = anAddress();
    for (let round = 0; round < 5; round += 1) {
      expect(await tally(9, address, FEEDBACK)).toEqual({ 404: 9 });
      await pause(1100);
    }
  });

  it('count reads and reports apart, and each address for itself', async () => {
    const address = anAddress();
    await Promise.all([
      (async () => expect(await tally(10, address)).toEqual({ 200: 10 }))(),
      (async () => expect(await tally(10, address, FEEDBACK)).toEqual({ 404: 10 }))(),
      (async () => expect(await tally(10, anAddress())).toEqual({ 200: 10 }))(),
    ]);
  });

  it('take the hosts of one IPv6 network together, which may use as many addresses as they like', async () => {
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_unused, host) => send(`2001:db8:1:2::${host.toString(16)}`)),
    );
    expect(answers.filter(({ status }) => status === 429).length).toBeGreaterThan(0);
    expect((await send('2001:db8:1:3::1')).status).toBe(200);
  });

  it('do not count downloads, which RAUC makes in ten thousand ranges', async () => {
    const address = anAddress();
    const path = '/DEFAULT/controller/v1/sensor-7/softwaremodules/1/artifacts/bundle.raucb';
    expect(await tally(60, address, { path })).toEqual({ 404: 60 });
    expect(await tally(60, address, { path, method: 'HEAD' })).toEqual({ 404: 60 });
    expect((await send(address)).status).toBe(200);
  });

  it('find a path in every spelling that the framework finds it in', async () => {
    const path = '/default/Controller/V1/sensor-7/configData?x=1';
    const { 429: refused = 0 } = await tally(100, anAddress(), { path });
    expect(refused).toBeGreaterThan(0);
  });

  it('stand before the credential: whoever guesses tokens is stopped, too', async () => {
    const { 429: refused = 0 } = await tally(100, anAddress(), { path: '/NOBODY/controller/v1/x' });
    expect(refused).toBeGreaterThan(0);
  });

  it('are counted by each process for itself', async () => {
    const address = anAddress();
    await floodedAnswer(address);
    expect((await send(address, { at: two })).status).toBe(200);
  });

  it('do not believe a stranger who says where he comes from', async () => {
    const direct = await start({
      settings: {
        ROOKERY_DDI_READS_PER_SECOND: '10',
        ROOKERY_DDI_EXEMPT: 'none',
        ROOKERY_DDI_BLOCKED: '192.168.0.4',
      },
    });
    expect((await send('192.168.0.4', { at: direct })).status).toBe(200);
    const answers = await Promise.all(
      Array.from({ length: 60 }, (_unused, n) => send(`203.0.113.${n}`, { at: direct })),
    );
    expect(answers.some(({ status }) => status === 429)).toBe(true);
  });

  it('are off when they are 0', async () => {
    const open = await start({
      settings: { ...PROXIED, ROOKERY_DDI_READS_PER_SECOND: '0', ROOKERY_DDI_WRITES_PER_SECOND: '0' },
    });
    const address = anAddress();
    expect(await tally(300, address, { at: open })).toEqual({ 200: 300 });
    expect(await tally(100, address, { ...FEEDBACK, at: open })).toEqual({ 404: 100 });
  });

  async function floodedAnswer(address: string): Promise<Response> {
    for (let attempt = 0; attempt < 20; attempt += 1) {
      const answers = await Promise.all(Array.from({ length: 40 }, () => send(address)));
      const refused = answers.find(({ status }) => status === 429);
      if (refused !== undefined) return refused;
    }
    throw new Error('the flood was never stopped');
  }
});
