import { ask, connect } from './connection';
import { auditOnceEach } from './once-each';
import { ReplicaRollout, type ReplicaKills } from './replica-kills';
import { SHORT } from './replica-sizes';
import { faultsOf, lookAt } from './rollout-watch';

jest.setTimeout(600_000);

/** What a server that gives or counts something twice would leave behind, how to undo it, and what has to be said of it. */
interface Tampering {
  readonly what: string;
  /** Each a transaction of its own. */
  readonly sql: readonly string[];
  readonly undo: string;
  /** By the judge of the books in the end. */
  readonly cries: readonly RegExp[];
  /** By whoever looks while the rollout runs. */
  readonly sees?: readonly RegExp[];
}

const FIRST = '(SELECT min(id) FROM action WHERE rollout_id IS NOT NULL)';
const LAST = '(SELECT max(id) FROM action)';
const SECOND_ACTION = `INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane,
    state, is_exposed, ended_by, retrieved_at, ended_at)
  SELECT tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane,
         state, is_exposed, ended_by, retrieved_at, ended_at FROM action WHERE id = ${FIRST}`;
const ITS_OFFER = `INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
  SELECT tenant_id, id, 1, 'server', 'offered', '{}' FROM action WHERE id = ${LAST}`;
const END_AGAIN = `INSERT INTO event (tenant_id, kind, subject, actor, detail)
  SELECT tenant_id, kind, subject, actor, detail FROM event WHERE kind = 'action.ended' AND subject = 'action:' || ${FIRST} LIMIT 1`;

const TAMPERINGS: readonly Tampering[] = [
  {
    what: 'a device with a second action that it fetched and confirmed',
    sql: [SECOND_ACTION],
    undo: `DELETE FROM action WHERE id = ${LAST}`,
    cries: [
      /^"every device fetched one action .*"fetched":2,"confirmed":2/,
      /^"every action was offered once/,
    ],
  },
  {
    what: 'a device with two open actions',
    sql: [
      `${SECOND_ACTION}; UPDATE action SET state = 'retrieved', ended_at = NULL, ended_by = NULL
        WHERE id IN (${FIRST}, ${LAST})`,
    ],
    undo: `DELETE FROM action WHERE id = ${LAST};
           UPDATE action SET state = 'confirmed', ended_at = now(), ended_by = 'device', due_at = NULL WHERE id = ${FIRST}`,
    cries: [/^"every device fetched one action .*"fetched":2,"confirmed":0/, /^"what is shown/],
    sees: [/^0 slots are taken by 2 open actions/, /^1 devices have two open actions/],
  },
  {
    what: 'an offer that was committed before the end of the device’s last action',
    sql: [
      SECOND_ACTION,
      ITS_OFFER,
      `WITH gone AS (DELETE FROM event WHERE kind = 'action.ended' AND subject = 'action:' || ${FIRST} RETURNING *)
       INSERT INTO event OVERRIDING SYSTEM VALUE SELECT * FROM gone`,
    ],
    undo: `DELETE FROM action_log WHERE action_id = ${LAST}; DELETE FROM action WHERE id = ${LAST}`,
    cries: [/^"nobody was offered an action before/],
  },
  {
    what: 'an action that ended twice',
    sql: [END_AGAIN],
    undo: `DELETE FROM event WHERE id = (SELECT max(id) FROM event WHERE kind = 'action.ended')`,
    cries: [/^"every action was offered once and ended once.*"offers":1,"ends":2/],
  },
  {
    what: 'an action that was offered twice',
    sql: [
      `INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
       SELECT tenant_id, id, 999, 'server', 'offered', '{}' FROM action WHERE id = ${FIRST}`,
    ],
    undo: 'DELETE FROM action_log WHERE seq = 999',
    cries: [/^"every action was offered once and ended once.*"offers":2,"ends":1/],
  },
  {
    what: 'a device that was counted twice',
    sql: [
      `UPDATE rollout_tally SET devices = devices + 1 WHERE ctid = (SELECT ctid FROM rollout_tally
        WHERE state = 'confirmed' AND devices > 0 LIMIT 1)`,
    ],
    undo: `UPDATE rollout_tally tally SET devices = (SELECT count(*) FROM rollout_device place WHERE
             place.rollout_id = tally.rollout_id AND place.wave = tally.wave AND place.lane = tally.lane
             AND place.state = tally.state)`,
    cries: [/^"what is shown/, /^"all devices are confirmed.*"confirmed":501/],
    sees: [/^1 counters differ/],
  },
  {
    what: 'a slot that the dead never gave back',
    sql: ['UPDATE rollout_lane SET in_flight = 41 WHERE lane = 0'],
    undo: 'UPDATE rollout_lane SET in_flight = 0 WHERE lane = 0',
    cries: [/^"every slot has come back/],
    sees: [/^41 devices are under way, of 40 that may be/, /^41 slots are taken by 0 open actions/],
  },
  {
    what: 'a rollout that never ended',
    sql: [`UPDATE rollout SET state = 'paused'`],
    undo: `UPDATE rollout SET state = 'finished'`,
    cries: [/^"all devices are confirmed, and the rollout is finished/],
  },
];

describe('a staged rollout on two replicas of which one is killed with -9, and then the other', () => {
  let rollout: ReplicaRollout;
  let run: ReplicaKills;

  beforeAll(async () => {
    rollout = await ReplicaRollout.begin({ ...SHORT, seed: 1, say: () => undefined });
    await rollout.play();
    run = await rollout.judge();
  });
  afterAll(() => rollout.close());

  it('gives every device one action, counts it once, and reaches all of them', () => {
    expect(run.findings.faults).toEqual([]);
    expect(run.findings).toMatchObject({
      wrongAnswers: 0,
      receipts: { lost: 0, twice: 0, refusedYetLogged: 0 },
    });
    expect(run.mostInFlight).toBeLessThanOrEqual(SHORT.inFlightCap);
  });

  it('was under way when they died, and went on', () => {
    expect(run.kills).toHaveLength(SHORT.blows.length);
    for (const { inFlight, goingOn } of run.kills) {
      expect(inFlight).toBeGreaterThan(0);
      expect(Number.isFinite(goingOn.admittedAfterMs)).toBe(true);
      expect(Number.isFinite(goingOn.confirmedAfterMs)).toBe(true);
    }
  });

  it.each(TAMPERINGS)('would have been found out: $what', async ({ sql, undo, cries, sees = [] }) => {
    const { url } = rollout.theatre.postgres;
    const { rolloutId } = rollout.onceEach;
    const look = async (): Promise<string[]> => {
      const client = await connect(url);
      const sample = await lookAt(client, rolloutId);
      await client.end();
      return faultsOf(sample, SHORT.inFlightCap);
    };
    for (const step of sql) await ask(url, step);
    const [audited, looked] = [await auditOnceEach(url, rollout.onceEach), await look()];
    await ask(url, undo);
    expect(audited).toEqual(expect.arrayContaining(cries.map((cry) => expect.stringMatching(cry))));
    expect(looked).toEqual(sees.map((sight) => expect.stringMatching(sight)));
    expect([await auditOnceEach(url, rollout.onceEach), await look()]).toEqual([[], []]);
  });
});
