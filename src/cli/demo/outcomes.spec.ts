import type { AuditEntry, LogEntry } from './staging/management';
import { Outcomes } from './outcomes';

/** A server whose audit a test writes. */
class Audited {
  readonly entries: AuditEntry[] = [];
  isAway = false;

  ends(id: number, controllerId: string, to: string, kind = 'action.ended'): void {
    const detail = { controllerId, to };
    this.entries.push({ id: String(id), kind, subject: `action:${controllerId}`, actor: 'device:x', detail });
  }

  audit(after: number): Promise<AuditEntry[]> {
    const later = this.entries.filter(({ id }) => Number(id) > after);
    return Promise.resolve(later.sort((one, other) => Number(other.id) - Number(one.id)));
  }

  log(actionId: string): Promise<LogEntry[]> {
    if (this.isAway) return Promise.reject(new Error('away'));
    return Promise.resolve([{ source: 'device', status: 'closed/failure', messages: [`${actionId} broke`] }]);
  }
}

describe('the outcomes', () => {
  let server: Audited;
  let outcomes: Outcomes;
  beforeEach(() => {
    server = new Audited();
    outcomes = new Outcomes(server, 10);
  });
  const catchUp = async (): Promise<string[]> => (await outcomes.catchUp()).map(({ text }) => text);

  it('are told once, the oldest first, with the cause of what failed', async () => {
    server.ends(11, 'one', 'confirmed');
    server.ends(12, 'two', 'failed');
    expect(await catchUp()).toEqual(['one confirmed', 'two failed: two broke']);
    expect(await catchUp()).toEqual([]);
    expect(outcomes.failures.map(({ cause }) => cause)).toEqual(['two broke']);
    expect([...outcomes.confirmed]).toEqual(['one']);
  });

  it('leave out what was before them, and what a fleet does all the time', async () => {
    server.ends(9, 'zero', 'failed');
    const detail = {};
    server.entries.push({
      id: '12',
      kind: 'device.registered',
      subject: 'device:x',
      actor: 'device:x',
      detail,
    });
    expect(await catchUp()).toEqual([]);
  });

  it('miss no event that shows up after a later one', async () => {
    server.ends(14, 'later', 'confirmed');
    expect(await catchUp()).toEqual(['later confirmed']);
    server.ends(13, 'late', 'confirmed');
    expect(await catchUp()).toEqual(['late confirmed']);
  });

  it('find at the end what showed up much too late', async () => {
    for (const id of [20, 30, 40]) {
      server.ends(id, `device-${id}`, 'confirmed');
      await catchUp();
    }
    server.ends(12, 'hours-ago', 'confirmed');
    expect(await catchUp()).toEqual([]);
    expect(await outcomes.catchUpFully()).toEqual([{ text: 'hours-ago confirmed', isBad: false }]);
  });

  it('are corrected', async () => {
    server.ends(11, 'one', 'failed');
    await catchUp();
    server.ends(12, 'one', 'confirmed', 'action.corrected');
    expect(await catchUp()).toEqual(['one confirmed after all']);
    expect(outcomes.failures).toEqual([]);
  });

  it('are read again when a look broke off', async () => {
    server.ends(11, 'one', 'failed');
    server.isAway = true;
    await expect(catchUp()).rejects.toThrow('away');
    server.isAway = false;
    expect(await catchUp()).toEqual(['one failed: one broke']);
  });

  it('tell what an operator does meanwhile', async () => {
    const detail = { from: 'running', to: 'paused' };
    const actor = 'user:admin';
    server.entries.push({ id: '11', kind: 'rollout.pause', subject: 'rollout:1', actor, detail });
    expect(await catchUp()).toEqual(['rollout.pause: rollout:1, by user:admin']);
  });
});
