import type { SimulatedFleet } from '../../src/cli/simulator/fleet';
import { ask } from './connection';
import { judge } from './court';
import { livingFaults, pause, Play } from './play';
import { Theatre } from './theatre';

jest.setTimeout(240_000);

/** Something that a server that loses or makes up things would leave behind, and how to undo it. */
interface Tampering {
  readonly what: string;
  readonly sql: string;
  readonly undo: string;
  /** What the court says then; each must be among the faults. */
  readonly cries: readonly RegExp[];
}

const LAST = `SELECT action_id, max(seq) AS seq FROM action_log WHERE action_id = 1 GROUP BY action_id`;

const TAMPERINGS: readonly Tampering[] = [
  {
    what: 'an acknowledged report that is not in the log',
    sql: `CREATE TABLE kept AS SELECT * FROM action_log WHERE action_id = 1 AND status = 'closed/success';
          DELETE FROM action_log WHERE action_id = 1 AND status = 'closed/success'`,
    undo: 'INSERT INTO action_log SELECT * FROM kept; DROP TABLE kept',
    cries: [
      /^action 1 .* was acknowledged, but is not in the log/,
      /^receipts: .* 0 times in the log/,
      /^books: "the log/,
    ],
  },
  {
    what: 'a report that is in the log twice, in flawless books',
    sql: `INSERT INTO action_log SELECT tenant_id, action_id, 1 + (SELECT seq FROM (${LAST}) AS last), logged_at, source, status,
                 code, messages FROM action_log WHERE action_id = 1 AND status = 'closed/success';
          UPDATE action SET log_count = log_count + 1 WHERE id = 1`,
    undo: `DELETE FROM action_log WHERE (action_id, seq) IN (${LAST});
           UPDATE action SET log_count = log_count - 1 WHERE id = 1`,
    cries: [/^action 1 .* is in the log 2 times, but was sent 1 times/, /^receipts: .* 2 times in the log/],
  },
  {
    what: 'a counter that is one too high',
    sql: `UPDATE rollout_tally SET devices = devices + 1 WHERE ctid IN (SELECT ctid FROM rollout_tally
           WHERE state = 'confirmed' AND devices > 0 LIMIT 1)`,
    undo: `UPDATE rollout_tally tally SET devices = (SELECT count(*) FROM rollout_device place WHERE
             place.rollout_id = tally.rollout_id AND place.wave = tally.wave AND place.lane = tally.lane
             AND place.state = tally.state)`,
    cries: [/^rollout 1 .* confirmed, the history has/, /^books: "tallies/],
  },
  {
    what: 'an end that was rolled back although it was acknowledged',
    sql: `UPDATE action SET state = 'installing', ended_at = NULL, ended_by = NULL WHERE id = 1`,
    undo: `UPDATE action SET state = 'confirmed', ended_at = now(), ended_by = 'device' WHERE id = 1`,
    cries: [/^action 1 .* is installing, but/, /^rollout 1 /, /^books: "the place/, /^books: "a slot/],
  },
  {
    what: 'a slot that nobody gave back',
    sql: 'UPDATE rollout_lane SET in_flight = 1 WHERE lane = 0',
    undo: 'UPDATE rollout_lane SET in_flight = 0 WHERE lane = 0',
    cries: [/^books: "a slot is taken/],
  },
  {
    what: 'an end without its event',
    sql: `CREATE TABLE kept AS SELECT * FROM event WHERE subject = 'action:1';
          DELETE FROM event WHERE subject = 'action:1'`,
    undo: 'INSERT INTO event OVERRIDING SYSTEM VALUE SELECT * FROM kept; DROP TABLE kept',
    cries: [/^books: "each end/],
  },
  {
    what: 'an attempt that was counted twice',
    sql: 'UPDATE device_attempt SET attempts = 2 WHERE device_id = (SELECT device_id FROM action WHERE id = 1)',
    undo: 'UPDATE device_attempt SET attempts = 1',
    cries: [/^books: "attempts/],
  },
  {
    what: 'a version that no device reported',
    sql: `UPDATE device SET installed_version = '1.9' WHERE id = (SELECT device_id FROM action WHERE id = 1)`,
    undo: `UPDATE device SET installed_version = '2.0.0'`,
    cries: [/^device sim-\d+: is shown with 1.9/],
  },
];

describe('the court', () => {
  let theatre: Theatre;
  let fleet: SimulatedFleet;

  beforeAll(async () => {
    theatre = await Theatre.open({ postgres: 'own' });
    const train = await theatre.train(1, 1_000);
    // All of one profile, so that action 1 says everything and carries marks.
    fleet = theatre.fleet({ devices: 6, profiles: { esp: 1 }, pollMs: 400, timeScale: 20 });
    await train.depart();
    fleet.start();
    expect(await fleet.settled(60_000)).toBe(true);
    fleet.stop();
  });
  afterAll(() => theatre.close());

  it.each(TAMPERINGS)(
    'cries at $what, and is content again when that is undone',
    async ({ sql, undo, cries }) => {
      const { url } = theatre.postgres;
      expect((await judge(theatre, fleet)).faults).toEqual([]);
      await ask(url, sql);
      const { faults } = await judge(theatre, fleet);
      await ask(url, undo);
      expect(faults).toEqual(expect.arrayContaining(cries.map((cry) => expect.stringMatching(cry))));
      expect((await judge(theatre, fleet)).faults).toEqual([]);
    },
  );
});

describe('a kill -9 of Postgres', () => {
  it('makes one that acknowledges before it writes lose reports, and the court sees it', async () => {
    const settings = { synchronous_commit: 'off', wal_writer_delay: '10s' };
    const play = await Play.begin({
      ...{ setting: { postgres: 'own', postgresSettings: settings }, faults: livingFaults(0), seed: 3 },
      ...{ devices: 40, pollMs: 500, timeScale: 5, settleMs: 20_000, say: () => undefined },
    });
    try {
      // What the fleet needs to begin with is safe; only what it reports from now on is at stake.
      await ask(play.theatre.postgres.url, 'CHECKPOINT');
      const kill = await play.theatre.postgres.aim();
      play.theatre.announceOutage(true);
      await play.saboteur.strikeAt({ kind: 'answer-sent', count: 20 }, () => void kill());
      await play.theatre.postgres.restored();
      await pause(2_000);
      play.theatre.announceOutage(false);
      const { receipts, faults } = await play.end();
      expect(receipts.lost).toBeGreaterThan(0);
      expect(faults.length).toBeGreaterThan(0);
    } finally {
      await play.close();
    }
  });
});
