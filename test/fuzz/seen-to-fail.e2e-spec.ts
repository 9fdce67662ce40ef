import { Arena } from './arena';
import { FuzzRun } from './fuzz-run';
import { standingOf } from './plea';
import { TamperingProxy, type Tampering } from './tampering-proxy';

jest.setTimeout(120_000);

const replaced =
  (from: RegExp, to: string): Tampering =>
  (answer) =>
    Buffer.from(answer.toString('latin1').replace(from, to), 'latin1');

/** Something that a server might do that must not be overlooked. */
const TAMPERINGS: readonly (readonly [string, Tampering, RegExp])[] = [
  ['an answer 500', replaced(/^HTTP\/1\.1 \d{3}/, 'HTTP/1.1 500'), /: answered 500: /],
  ['an answer that never comes', () => undefined, /: no answer and no end within 10 s: /],
  [
    'an answer with two lengths',
    replaced(/\r\n/, '\r\nContent-Length: 5\r\nContent-Length: 7\r\n'),
    /: Content-Length is /,
  ],
  [
    'a page for people',
    replaced(/\r\n/, '\r\nContent-Type: text/html\r\n'),
    /: answered \d+ with a page for people: /,
  ],
  ['an answer twice', (answer) => Buffer.concat([answer, answer]), /asked for|more answers than requests/],
];

describe('the judge of a fuzzer run', () => {
  let arena: Arena;
  let proxy: TamperingProxy;

  beforeAll(async () => {
    arena = await Arena.open(2);
    proxy = await TamperingProxy.before(arena.place.port);
  });
  afterAll(async () => {
    await proxy.close();
    await arena.close();
  });

  /** A short run through the proxy; in its second batch something is done. */
  const faults = async (second: (refused: string) => Promise<void> | void): Promise<readonly string[]> => {
    const { faults: found } = await new FuzzRun(arena, {
      ...{ seed: 5, requests: arena.world.devices.length * 3, place: { ...arena.place, port: proxy.port } },
      meanwhile: async (batch, exchanged) => {
        const refused = exchanged.find((one) => standingOf(one) === 'refused');
        if (batch === 1) await second(refused?.mutant.controllerId ?? '');
      },
    }).run();
    return found;
  };

  it('is content with what the server does', async () => {
    expect(await faults(() => undefined)).toEqual([]);
  });

  it.each(TAMPERINGS)('cries at %s, and is content again without it', async (_what, tampering, cry) => {
    const found = await faults(() => {
      proxy.tampering = tampering;
    });
    expect(found).toEqual([expect.stringMatching(cry)]);
    expect(await faults(() => undefined)).toEqual([]);
  });

  it.each([
    ['a row of a device', `UPDATE device SET name = 'x' WHERE controller_id = $1`, 'UPDATE device of fuzz-'],
    [
      'a row about a device',
      `INSERT INTO device_attempt SELECT id, tenant_id, 'planted', 1 FROM device WHERE controller_id = $1`,
      'INSERT device_attempt of fuzz-',
    ],
    [
      'a row about an action',
      `INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
       SELECT tenant_id, id, 900, 'device', 'x', '{}' FROM action WHERE controller_id = $1 LIMIT 1`,
      'INSERT action_log of fuzz-',
    ],
    [
      'a row of no device',
      'UPDATE tenant_settings SET revision = revision + 1',
      'UPDATE tenant_settings of no device',
    ],
    ['a new row', `INSERT INTO feed (tenant_id, name) VALUES (1, 'planted')`, 'INSERT feed of no device'],
    ['a row that is gone', `DELETE FROM event WHERE subject = 'device:' || $1`, 'DELETE event of fuzz-'],
  ])('cries when %s is changed for a refused request', async (_what, sql, cry) => {
    const found = await faults(async (refused) => {
      const { rowCount } = await arena.client.query(sql, sql.includes('$1') ? [refused] : []);
      expect(rowCount).toBeGreaterThan(0);
    });
    expect(found).toEqual([expect.stringContaining(cry)]);
    expect(await faults(() => undefined)).toEqual([]);
  });

  it('cries when the server complains', async () => {
    const complaint = { level: 50, msg: 'planted' };
    const line = `${JSON.stringify(complaint)}\n`;
    const spy = jest.spyOn(arena.server, 'output', 'get');
    const real = arena.server.output;
    const found = await faults(() => {
      spy.mockReturnValue(real + line);
    });
    spy.mockRestore();
    expect(found).toEqual([expect.stringContaining('the server says {"level":50,"msg":"planted"}')]);
  });
});
