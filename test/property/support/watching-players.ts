import type { Decision } from '../../../src/modules/rollouts/rules/decision';
import { buildPlan } from '../../../src/modules/rollouts/plan/plan';
import { PlansRepository } from '../../../src/modules/rollouts/plan/plans.repository';
import { resolve } from '../../../src/modules/rollouts/resolve/resolve';
import type { Explanation } from '../../../src/modules/updates/explain/explain.service';
import type { Directive } from '../../../src/modules/updates/polls/polls.service';
import type { SightedDevice } from '../../../src/modules/updates/sightings/sighting';
import { SightingsService } from '../../../src/modules/updates/sightings/sightings.service';
import type { SentEvent } from '../../../src/modules/audit/audit-entry';
import { faultsOfCounters, truthOf } from '../judges/counts';
import { faultsOfDelivery } from '../judges/events';
import type { Act, Side } from './acts';
import { meet } from './holds';
import { Player, type Script } from './player';
import type { Replica } from './replica';
import { setStage } from './set-stage';
import type { Stage, StagedDevice } from './stage';
import type { Story } from './story';
import { BEGINNING_MS, type Theatre } from './theatre';

/** Whoever plays like that looks at things while they happen. */
type Watching = new (theatre: Theatre, stage: Stage, cast: Script['cast']) => Player;

export async function playWatching(theatre: Theatre, script: Script, kind: Watching): Promise<Player> {
  theatre.nowMs = BEGINNING_MS;
  const stage = await setStage(theatre, script.cast, theatre.nowMs);
  const player = new kind(theatre, stage, script.cast);
  await player.playAll(script);
  return player;
}

/** B9: compares what is shown with what was, after each turn. */
export class CountingPlayer extends Player {
  protected override async turnOver(act: Act): Promise<void> {
    for (const id of this.rolloutIds) {
      const { operator, tenantId } = this.stage;
      const [shown, truth] = await Promise.all([
        this.theatre.consoles[0].rollout(operator, id),
        truthOf(this.theatre.database, tenantId, id),
      ]);
      const faults = faultsOfCounters(shown, truth);
      if (truth.admitted > 0) meet('counters');
      this.faults.push(...faults.map((fault) => `after ${act.does}: ${fault}`));
    }
  }
}

/** B18: reads what the relays of both instances send out while things happen, a few events at a time. */
export class ListeningPlayer extends Player {
  readonly heard: SentEvent[] = [];
  /** The relays number the events. */
  override readonly isMeddling = true;

  override async playTurn(act: Act): Promise<void> {
    await Promise.all([super.playTurn(act), this.theatre.relay(0), this.theatre.relay(1), this.listen()]);
  }

  override async story(): Promise<Story> {
    const story = await super.story();
    // Whoever is not at it finds nothing left to do.
    await this.theatre.relay(0);
    let before = -1;
    while (before < this.heard.length) {
      before = this.heard.length;
      await this.listen();
    }
    const rows = await this.theatre.database.query<{ id: string }>(
      'SELECT id FROM event WHERE tenant_id = $1 ORDER BY id',
      [this.stage.tenantId],
    );
    meet('heard', this.heard.length);
    const ids = rows.map(({ id }) => id);
    this.faults.push(...faultsOfDelivery(this.heard, ids));
    return story;
  }

  private async listen(): Promise<void> {
    const console = this.theatre.consoles[this.heard.length % 2 === 0 ? 0 : 1];
    this.heard.push(...(await console.eventsAfter(this.stage.operator, this.heard.at(-1)?.seq ?? 0, FEW)));
  }
}

/** Pages, so that readers are in the middle of things. */
const FEW = 3;

/** B12: asks why before each poll and after it, on the other instance as well. */
export class ExplainingPlayer extends Player {
  private isAtOnce = false;

  override async playTurn(act: Act): Promise<void> {
    this.isAtOnce = act.does === 'at-once';
    await super.playTurn(act);
  }

  protected override async poll(replica: Replica, device: StagedDevice, at: Side): Promise<Directive> {
    if (this.isAtOnce) return super.poll(replica, device, at);
    const { operator } = this.stage;
    const other = this.theatre.consoles[at === 0 ? 1 : 0];
    const before = await other.explain(operator, device.controllerId);
    const directive = await super.poll(replica, device, at);
    const after = await other.explain(operator, device.controllerId);
    meet(`explained ${before.decision.kind}`);
    this.faults.push(
      ...contradictions(before, directive, after).map((why) => `${device.controllerId}: ${why}`),
    );
    return directive;
  }
}

const SHOWING: readonly Directive['kind'][] = ['update', 'confirm', 'cancel'];

function contradictions(before: Explanation, directive: Directive, after: Explanation): string[] {
  const { decision } = before;
  const told = `the poll told ${directive.kind} ${directive.actionId ?? ''}`;
  const said = `explain said ${JSON.stringify(decision)}`;
  switch (decision.kind) {
    case 'nothing':
      return directive.kind === 'idle' ? [] : [`${said}, and ${told}`];
    case 'continue':
      return isOn(directive, decision.actionId) ? [] : [`${said}, and ${told}`];
    case 'offer':
      return afterOffer(directive, after).map((why) => `${said}, and ${why}; ${told}`);
    case 'withdraw':
      return directive.actionId === decision.actionId ? [`${said}, and ${told}`] : [];
    case 'cancel':
      return directive.kind === 'update' && directive.actionId === decision.actionId
        ? [`${said}, and ${told}`]
        : [];
  }
}

/** What a device says that it has installed is closed on the wire while its version is waited for. */
function isOn({ kind, actionId, installedActionId }: Directive, id: string): boolean {
  return actionId === id || (kind === 'idle' && installedActionId === id);
}

/** What was decided is admitted and shown, or the verdict says why not. */
function afterOffer(directive: Directive, after: Explanation): string[] {
  if (SHOWING.includes(directive.kind)) {
    const isSame = after.decision.kind === 'continue' && after.decision.actionId === directive.actionId;
    return isSame ? [] : [`then it said ${JSON.stringify(after.decision)}`];
  }
  const { lastAdmission, planRevision } = after;
  if (lastAdmission === undefined) return ['no verdict was kept'];
  return lastAdmission.planRevision === planRevision ? [] : ['the verdict is of another plan'];
}

/** B13: decides for itself on the rows of this very moment, before each poll. */
export class JudgingPlayer extends Player {
  private isAtOnce = false;

  override async playTurn(act: Act): Promise<void> {
    this.isAtOnce = act.does === 'at-once';
    await super.playTurn(act);
  }

  protected override async poll(replica: Replica, device: StagedDevice, at: Side): Promise<Directive> {
    if (this.isAtOnce) return super.poll(replica, device, at);
    const decision = await this.decide(device);
    const directive = await super.poll(replica, device, at);
    meet(`decided ${decision.kind}`);
    const isObeyed =
      decision.kind === 'nothing'
        ? directive.kind === 'idle'
        : decision.kind === 'continue'
          ? isOn(directive, decision.actionId)
          : decision.kind === 'offer' ||
            directive.actionId !== decision.actionId ||
            directive.kind !== 'update';
    if (!isObeyed)
      this.faults.push(
        `${device.controllerId}: ${JSON.stringify(decision)} by the plan of now, and told ${JSON.stringify(directive)}`,
      );
    if (decision.kind === 'offer') await this.hearWhyNot(device, directive);
    return directive;
  }

  /** An offer may find no room; an instance that decides by an older plan has not even looked for it. */
  private async hearWhyNot(device: StagedDevice, directive: Directive): Promise<void> {
    if (SHOWING.includes(directive.kind)) return;
    const after = await this.theatre.consoles[0].explain(this.stage.operator, device.controllerId);
    const whys = afterOffer(directive, after);
    meet('decided offer, and no room');
    this.faults.push(...whys.map((why) => `${device.controllerId}: an offer by the plan of now, and ${why}`));
  }

  /** On a plan that was read for this alone. */
  private async decide(device: StagedDevice): Promise<Decision> {
    const { app } = this.theatre.first;
    const sighting = await app.get(SightingsService).find(this.nameOf(device));
    const plan = buildPlan(await app.get(PlansRepository).read(this.stage.tenantId));
    const sighted: SightedDevice = sighting!.device!;
    return resolve(sighted, plan, new Date(this.theatre.nowMs)).decision;
  }
}
