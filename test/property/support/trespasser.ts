import fc from 'fast-check';
import type { Actor } from '../../../src/platform/actor/actor';
import { DomainError } from '../../../src/platform/errors/domain.error';
import type { RolloutVerb } from '../../../src/modules/rollouts/rollout/rollout';
import { setStage } from './set-stage';
import type { Stage } from './stage';
import type { Story } from './story';
import { BEGINNING_MS, type Theatre } from './theatre';

const WAYS = ['say', 'cancel', 'fetch', 'report', 'answer-cancel', 'assign', 'force', 'read'] as const;

/** One way to lay hands on what is another tenant's. */
interface Attempt {
  readonly way: (typeof WAYS)[number];
  readonly which: number;
  readonly verb: RolloutVerb;
  readonly at: 0 | 1;
}

/** An operator and a device of another tenant who know every id of this one. */
export class Trespasser {
  readonly faults: string[] = [];
  refused = 0;

  static readonly anAct: fc.Arbitrary<Attempt> = fc.record({
    way: fc.constantFrom(...WAYS),
    which: fc.nat(9),
    verb: fc.constantFrom<RolloutVerb>('start', 'pause', 'resume', 'abort', 'close'),
    at: fc.constantFrom<0 | 1>(0, 1),
  });

  private constructor(
    private readonly theatre: Theatre,
    private readonly story: Story,
    private readonly own: Stage,
  ) {}

  static async enter(theatre: Theatre, story: Story): Promise<Trespasser> {
    return new Trespasser(theatre, story, await setStage(theatre, story.cast, BEGINNING_MS));
  }

  async attempt(one: Attempt): Promise<void> {
    try {
      const isDone = await this.lay(one);
      if (isDone) this.faults.push(`${one.way} was taken from another tenant`);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.refused += 1;
    }
  }

  /** Everything that the tenant has, in one line. */
  async look(): Promise<string> {
    const [row] = await this.theatre.database.query<{ all: string }>(LOOK, [this.story.stage.tenantId]);
    return row?.all ?? '';
  }

  /** False: there is nothing of this kind. */
  private async lay({ way, which, verb, at }: Attempt): Promise<boolean> {
    const console = this.theatre.consoles[at];
    const replica = this.theatre.replicas[at];
    const operator: Actor = this.own.operator;
    const name = { tenantKey: this.own.tenantKey, controllerId: this.own.deviceAt(which).controllerId };
    const release = this.story.stage.releases[which % 4]!.id;
    const rolloutId = this.story.rolloutIds[which % Math.max(this.story.rolloutIds.length, 1)];
    const actionId = [...this.story.actions.keys()][which % Math.max(this.story.actions.size, 1)];
    if (way === 'assign') await console.assign(operator, release, [name.controllerId]);
    else if (way === 'force') await console.changeDevice(operator, name.controllerId, { force: release });
    else if (way === 'say' || way === 'read') {
      if (rolloutId === undefined) return false;
      if (way === 'say') await console.say(operator, rolloutId, verb);
      else await console.rollout(operator, rolloutId);
    } else {
      if (actionId === undefined) return false;
      const body = { execution: 'closed', finished: 'success' };
      if (way === 'cancel') await console.cancel(operator, actionId, true);
      else if (way === 'fetch') await replica.fetch(name, actionId);
      else if (way === 'report') await replica.feedback(name, actionId, body);
      else await replica.cancelFeedback(name, actionId, body);
    }
    return true;
  }
}

const LOOK = `
  SELECT md5(concat(
    (SELECT string_agg(a::text, ';' ORDER BY a.id) FROM action a WHERE a.tenant_id = $1),
    (SELECT string_agg(d::text, ';' ORDER BY d.id) FROM device d WHERE d.tenant_id = $1),
    (SELECT string_agg(r::text, ';' ORDER BY r.id) FROM rollout r WHERE r.tenant_id = $1),
    (SELECT string_agg(w::text, ';' ORDER BY w.rollout_id, w.position) FROM rollout_wave w WHERE w.tenant_id = $1),
    (SELECT string_agg(t::text, ';' ORDER BY t.rollout_id, t.wave, t.lane, t.state) FROM rollout_tally t WHERE t.tenant_id = $1),
    (SELECT string_agg(m::text, ';' ORDER BY m.rollout_id, m.device_id) FROM rollout_device m WHERE m.tenant_id = $1),
    (SELECT string_agg(p::text, ';') FROM tenant_plan p WHERE p.tenant_id = $1),
    (SELECT string_agg(s::text, ';') FROM tenant_settings s WHERE s.tenant_id = $1),
    (SELECT count(*)::text FROM event e WHERE e.tenant_id = $1),
    (SELECT count(*)::text FROM action_log l WHERE l.tenant_id = $1))) AS all`;
