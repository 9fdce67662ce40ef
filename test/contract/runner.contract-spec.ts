import { createServer, type IncomingMessage, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { NotExpressibleError, type Adapter } from './adapters/adapter';
import { chosen } from './runner/choice';
import type { ContractCase, Step } from './runner/contract-case';
import { contentOf, hashOf } from './runner/content';
import { Description } from './runner/description';
import { faultsOf } from './runner/match';
import { faultsOfAnswer } from './runner/expectation';
import { replay } from './runner/replay';
import { Scene, type Server } from './runner/scene';
import { summaryOf } from './runner/summary';
import { Answer } from './runner/transport';
import { windowFrom } from './runner/window';

/** What the pretended server answers with next, and what it was asked. */
interface Pretence {
  readonly asked: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  answers: { status: number; type?: string; body?: string; headers?: Record<string, string> }[];
  readonly changes: unknown[];
}

const pretence: Pretence = { asked: [], answers: [], changes: [] };
const description = new Description();
let http: HttpServer;
let server: Server;

const adapter = {
  dialect: 'rookery',
  tenant: 'DEFAULT',
  deviceHeaders: () => ({ Authorization: 'GatewayToken g' }),
  change: (settings: unknown) => {
    pretence.changes.push(settings);
    return Promise.resolve(() => {
      pretence.changes.push('back');
      return Promise.resolve();
    });
  },
  arrange: () => Promise.resolve(undefined),
  logOf: () => Promise.resolve([{ kind: 'running', messages: [] }]),
  assign: ({ controllerIds }: { controllerIds: string[] }) => Promise.resolve(controllerIds.map(() => '42')),
} as unknown as Adapter;

beforeAll(async () => {
  http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const { method = '', url = '', headers } = request;
      pretence.asked.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
      const answer = pretence.answers.shift() ?? { status: 500 };
      const { status, type, body = '', headers: more = {} } = answer;
      response.writeHead(status, { ...(type === undefined ? {} : { 'Content-Type': type }), ...more });
      response.end(body);
    });
  });
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  server = { url: `http://127.0.0.1:${(http.address() as AddressInfo).port}`, adapter, has: [] };
});
afterAll(() => http.close());
beforeEach(() => {
  pretence.asked.length = 0;
  pretence.changes.length = 0;
  pretence.answers = [];
});

const POLL = {
  status: 200,
  type: 'application/hal+json',
  body: '{"config":{"polling":{"sleep":"00:05:00"}}}',
};

function aCase(steps: Step[], changes: Partial<ContractCase> = {}): ContractCase {
  return { id: 'R1', name: 'x', says: 'Something holds.', from: 'nowhere', steps, ...changes };
}

const run = (steps: Step[], changes: Partial<ContractCase> = {}): Promise<void> =>
  replay(aCase(steps, changes), server, description);

function linked(links: Record<string, string>): Pretence['answers'][number] {
  const _links = Object.fromEntries(Object.entries(links).map(([name, href]) => [name, { href }]));
  return { ...POLL, body: JSON.stringify({ config: { polling: { sleep: '00:05:00' } }, _links }) };
}

describe('a replay', () => {
  it('passes when the answer is as the case says', async () => {
    pretence.answers = [POLL];
    await run([{ get: '', expect: { status: 200, has: { config: { polling: { sleep: '00:05:00' } } } } }]);
    expect(pretence.asked[0]).toMatchObject({ method: 'GET', headers: { authorization: 'GatewayToken g' } });
    expect(pretence.asked[0]?.headers['accept']).toBeUndefined();
  });

  it.each<[string, Step]>([
    ['the status', { get: '', expect: 404 }],
    ['a header', { get: '', expect: { status: 200, headers: { ETag: { $any: 'text' } } } }],
    ['a header that is there', { get: '', expect: { status: 200, headers: { 'Content-Type': null } } }],
    ['a value', { get: '', expect: { status: 200, has: { config: { polling: { sleep: '00:01:00' } } } } }],
    ['a surplus value', { get: '', expect: { status: 200, body: { config: {} } } }],
    ['a body', { get: '', expect: { status: 200, empty: true } }],
    ['the bytes', { get: '', expect: { status: 200, bytes: ['{"config"'] } }],
    ['a link', { poll: { deploymentBase: '42' } }],
  ])('fails for %s, and says so', async (_what, step) => {
    pretence.answers = [POLL];
    await expect(run([step])).rejects.toThrow(/^step 1: [^]*answered: 200/);
  });

  it('fails for a link to an action that the case does not name', async () => {
    pretence.answers = [linked({ deploymentBase: 'http://x/deploymentBase/1' })];
    await expect(run([{ poll: {} }])).rejects.toThrow('_links.deploymentBase is there');
  });

  it.each([
    ['deploymentBase', true],
    ['confirmationBase', true],
    ['cancelAction', false],
    ['installedBase', false],
  ] as const)('may find a mark in the link %s: %j', (name, isFine) => {
    const deviceUrl = 'http://x/DEFAULT/controller/v1/d';
    const tree = { _links: { [name]: { href: `${deviceUrl}/${name}/7?c=-12` } } };
    const answer = new Answer(200, { 'content-type': 'application/json' }, Buffer.from(JSON.stringify(tree)));
    const expected = { status: 200, links: { [name]: '7' } };
    const faults = faultsOfAnswer(new Scene(server, {}), answer, expected, deviceUrl);
    expect(faults.length === 0).toBe(isFine);
  });

  it('fails for what the description does not know, though the case is content', async () => {
    pretence.answers = [{ ...POLL, body: '{"config":{"polling":{"sleep":"5 minutes"}}}' }];
    await expect(run([{ get: '', expect: 200 }])).rejects.toThrow(
      'openapi.yaml: the body/config/polling/sleep',
    );
    pretence.answers = [{ status: 418 }];
    await expect(run([{ get: '', expect: 418 }])).rejects.toThrow('openapi.yaml knows no answer 418');
    pretence.answers = [{ status: 200 }];
    await expect(run([{ get: '/nowhere', expect: 200 }])).rejects.toThrow('openapi.yaml knows no GET');
    pretence.answers = [{ status: 200 }];
    const step: Step = { put: '/configData', json: { data: {} }, expect: 200 };
    await expect(run([step])).rejects.toThrow('openapi.yaml: the body sent/data');
  });

  it('sends what the shorthands stand for', async () => {
    pretence.answers = [{ status: 200 }, { status: 200 }];
    await run([
      { feedback: '5', says: 'closed/failure', code: 3, details: ['a'] },
      { confirmation: '6', says: 'denied' },
    ]);
    expect(pretence.asked.map(({ url }) => url.split('/').slice(5).join('/'))).toEqual([
      'deploymentBase/5/feedback',
      'confirmationBase/6/feedback',
    ]);
    expect(JSON.parse(pretence.asked[0]?.body ?? '')).toEqual({
      status: {
        execution: 'closed',
        result: { finished: 'failure', progress: { cnt: 2, of: 5 } },
        code: 3,
        details: ['a'],
      },
    });
    expect(JSON.parse(pretence.asked[1]?.body ?? '')).toEqual({ confirmation: 'denied' });
  });

  it('keeps values of an answer and fills them in, keys included', async () => {
    pretence.answers = [{ ...POLL, headers: { ETag: '"e"' } }, { status: 304 }, { status: 200 }];
    await run(
      [
        { get: '', expect: 200, keep: { tag: 'header ETag', sleep: 'body config.polling.sleep' } },
        { get: '', headers: { 'If-None-Match': '${tag}' }, expect: 304 },
        { put: '/configData', json: { data: { '${long}': 'now ${sleep}' } }, expect: 200 },
      ],
      { let: { long: { repeat: 'k', times: 5 } } },
    );
    expect(pretence.asked[1]?.headers['if-none-match']).toBe('"e"');
    expect(JSON.parse(pretence.asked[2]?.body ?? '')).toEqual({ data: { kkkkk: 'now 00:05:00' } });
    await expect(run([{ get: '/${misspelt}', expect: 200 }])).rejects.toThrow('the case has no ${misspelt}');
  });

  it('repeats until a status comes, but not before it may', async () => {
    const step: Step = { get: '', expect: 200, repeat: 4, until: 429, notBefore: 3 };
    pretence.answers = [POLL, POLL, { status: 429 }];
    await run([step]);
    expect(pretence.asked).toHaveLength(3);
    pretence.answers = [POLL, { status: 429 }];
    await expect(run([step])).rejects.toThrow('429 came with request 2');
    pretence.answers = [POLL, POLL, POLL, POLL];
    await expect(run([step])).rejects.toThrow('429 did not come within 4 requests');
  });

  it('takes steps of its own dialect only, and repeats with each set of values', async () => {
    pretence.answers = [POLL, POLL];
    await run(
      [
        { for: 'hawkbit', get: '/${value}', expect: 404 },
        { for: 'rookery', get: '', expect: 200 },
      ],
      { each: [{ value: 'a' }, { value: 'b' }] },
    );
    expect(pretence.asked).toHaveLength(2);
  });

  it('puts settings back, the last one first, also after a failure', async () => {
    pretence.answers = [POLL];
    const setup: Step[] = [{ settings: { confirmation: true } }, { settings: { polling: '00:01:00' } }];
    await expect(run([{ get: '', expect: 500 }], { setup })).rejects.toThrow('status is 200, expected 500');
    expect(pretence.changes).toEqual([{ confirmation: true }, { polling: '00:01:00' }, 'back', 'back']);
  });

  it('is not a failure when the server cannot be brought there', async () => {
    await expect(run([{ poll: {} }], { needs: ['public-name'] })).rejects.toThrow(NotExpressibleError);
  });

  it('counts by how much a log grew since it was looked at', async () => {
    const setup: Step[] = [{ assign: { release: 'release', as: 'action' } }];
    const about = { setup, let: { 'release.id': '1' } };
    await run(
      [{ check: { logOf: '${action}', count: 1 } }, { check: { logOf: '${action}', grownBy: 0 } }],
      about,
    );
    const looks: Step[] = [
      { check: { logOf: '${action}', count: 1 } },
      { check: { logOf: '${action}', grownBy: 1 } },
    ];
    await expect(run(looks, about)).rejects.toThrow('the growth of the log is 0, expected 1');
  });
});

describe('a matcher', () => {
  it.each<[unknown, unknown, boolean]>([
    ['00:03:20', { $atLeast: '00:03:00', $below: '00:05:00' }, true],
    ['00:05:00', { $below: '00:05:00' }, false],
    [undefined, { $absent: true }, true],
    [null, { $absent: true }, false],
    ['a1', { $match: '^a\\d$' }, true],
    ['b1', { $match: '^a\\d$' }, false],
    [3, { $any: 'number' }, true],
    ['3', { $any: 'number' }, false],
    ['a', { $not: 'a' }, false],
    [['a', 'b'], { $unordered: ['b', 'a'] }, true],
    [['a', 'a'], { $unordered: ['b', 'a'] }, false],
    [['a', 'b', 'c'], { $unordered: ['b', 'a'] }, false],
    [['a', 'b'], { $some: 'b' }, true],
    [['a', 'b'], { $some: 'c' }, false],
    [['a', 'b'], { $none: 'c' }, true],
    [undefined, { $none: 'c' }, false],
    [[{ a: 1, b: 2 }], { $some: { a: 1 } }, true],
    [{ a: null }, { a: null }, true],
    [{}, { a: null }, false],
    [[1], [1, 2], false],
  ])('says of %j as %j: %j', (actual, expected, isFine) => {
    expect(faultsOf(actual, expected, 'partial').length === 0).toBe(isFine);
  });

  it('finds a surplus key only in exact mode', () => {
    expect(faultsOf({ a: 1, b: 2 }, { a: 1 }, 'partial')).toEqual([]);
    expect(faultsOf({ a: 1, b: 2 }, { a: 1 }, 'exact')).toEqual(['b is there: 2']);
  });
});

describe('what a case is made of', () => {
  it('makes the same bytes everywhere', () => {
    expect(contentOf('seed', 40)).toHaveLength(40);
    expect(hashOf('sha256', contentOf('seed', 100))).toBe(
      hashOf('sha256', Buffer.concat([contentOf('seed', 64), contentOf('seed', 100).subarray(64)])),
    );
    expect(contentOf('seed', 4).toString('hex')).toBe('58f9082d');
  });

  it('writes a window as a Quartz cron that comes true once', () => {
    const now = new Date('2026-11-21T23:50:30Z');
    expect(windowFrom(now, { startsInMinutes: 16, minutes: 90 })).toEqual({
      schedule: '30 6 0 22 11 ? 2026',
      duration: '01:30:00',
      timezone: '+00:00',
    });
  });

  it('can be chosen by id and by section, and by nothing else', () => {
    const cases = ['R1', 'R10', 'X1'].map((id) => aCase([], { id }));
    const ids = (names: string | undefined): string[] => chosen(cases, names).map(({ id }) => id);
    expect([ids(undefined), ids('R1'), ids('R'), ids('X1, R10')]).toEqual([
      ['R1', 'R10', 'X1'],
      ['R1'],
      ['R1', 'R10'],
      ['R10', 'X1'],
    ]);
    expect(() => ids('R2')).toThrow('there is no case R2');
  });

  it('is summed up with its departures and what is not shown', () => {
    const departs = { hawkbit: 'h.', rookery: 'r.', why: 'since.' };
    const cases = [aCase([], { departs }), aCase([], { id: 'R2' })];
    const text = summaryOf(
      cases,
      [
        { id: 'R1', name: 'x', status: 'departure' },
        { id: 'R2', name: 'y', status: 'case' },
        { id: 'S15', name: 'z', status: 'not-a-case', reason: 'It cannot be.' },
      ],
      [
        { id: 'R1', result: 'passed' },
        { id: 'R2', result: 'not expressible', reason: 'No way.' },
      ],
    );
    for (const line of [
      /R root poll +2 cases, +1 passed/,
      /R1: since\./,
      /R2: No way\./,
      /S15: It cannot be\./,
      /shown: 1 of 3/,
      /cases: 2, 1 passed, 0 failed, 1 not expressible/,
    ])
      expect(text).toMatch(line);
  });
});
