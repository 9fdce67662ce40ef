import type { DeviceChange } from '../../../src/modules/updates/orders/fleet.service';
import type { Directive } from '../../../src/modules/updates/polls/polls.service';
import type { DeviceName } from '../../../src/modules/updates/sightings/sighting';
import { DomainError } from '../../../src/platform/errors/domain.error';
import type {
  Act,
  DeviceAct,
  DevicePatch,
  OperatorAct,
  Side,
  SingleAct,
  UpdateAct,
  WaitAct,
  Word,
} from './acts';
import { RELEASES, THIRD_VERSION, type Cast } from './cast';
import type { Console } from './console';
import { readLedger } from './ledger';
import type { Body, Replica } from './replica';
import { setStage } from './set-stage';
import type { Stage, StagedDevice } from './stage';
import type { Answer, Moment, Story } from './story';
import { BEGINNING_MS, type Theatre } from './theatre';

/** A cast and what it does, one after the other. */
export interface Script {
  readonly cast: Cast;
  readonly acts: readonly Act[];
}

/** What a device of a history has in mind. */
interface Memory {
  /** Actions in the order in which it was shown them. */
  readonly shown: string[];
  isCancelling: boolean;
  releaseVersion: string | undefined;
}

const WORDS: Readonly<Record<Word, Body>> = {
  progress: { execution: 'proceeding', finished: 'none' },
  downloaded: { execution: 'downloaded', finished: 'none' },
  rejected: { execution: 'rejected', finished: 'none' },
  skipped: { execution: 'closed', finished: 'success', details: ['Skipped Update.'] },
  success: { execution: 'closed', finished: 'success' },
  failure: { execution: 'closed', finished: 'failure' },
};

/** A little passes with everything. */
const ACT_MS = 10;

/** Plays a script on a stage of its own and notes everything; what does not apply is passed over. */
export class Player {
  /** What does not hold, as far as it can only be seen while it happens. */
  readonly faults: string[] = [];
  /** Rows that say by their commits when something happened are written again, so that nobody can judge by them. */
  readonly isMeddling: boolean = false;
  protected readonly moments: Moment[] = [];
  protected rolloutIds: string[] = [];
  private readonly memories = new Map<string, Memory>();
  private turn = 0;

  constructor(
    protected readonly theatre: Theatre,
    protected readonly stage: Stage,
    private readonly cast: Cast,
  ) {}

  static async play(theatre: Theatre, script: Script): Promise<Story> {
    theatre.nowMs = BEGINNING_MS;
    const stage = await setStage(theatre, script.cast, theatre.nowMs);
    const player = new Player(theatre, stage, script.cast);
    return player.playAll(script);
  }

  async playAll({ cast, acts }: Script): Promise<Story> {
    await this.createRollouts(cast);
    for (const act of acts) await this.playTurn(act);
    return this.story();
  }

  async story(): Promise<Story> {
    const { stage, cast, rolloutIds, moments } = this;
    const ids = stage.devices.map(({ id }) => id);
    const ledger = await readLedger(this.theatre.database, stage.tenantId, ids);
    return { cast, stage, rolloutIds, moments, ...ledger };
  }

  async createRollouts({ rollouts }: Cast): Promise<void> {
    const console = this.theatre.consoles[0];
    for (const [at, part] of rollouts.entries()) {
      const id = await console.createRollout(this.stage.operator, this.stage, part, `r${at}`);
      this.rolloutIds.push(id);
      if (part.isStarted) await this.playTurn({ does: 'say', rollout: at, at: 0, verb: 'start' });
    }
  }

  async playTurn(act: Act): Promise<void> {
    this.turn += 1;
    this.theatre.nowMs += ACT_MS;
    const fromUs = await this.theatre.stampUs();
    const first = this.moments.length;
    if (act.does === 'at-once') await Promise.all(act.acts.map((one) => this.playOne(one, fromUs)));
    else await this.playOne(act, fromUs);
    const toUs = await this.theatre.stampUs();
    for (const moment of this.moments.slice(first)) moment.toUs = toUs;
    await this.turnOver(act);
  }

  /** For players that look at more than what is kept. */
  protected async turnOver(_act: Act): Promise<void> {
    await Promise.resolve();
  }

  protected async poll(replica: Replica, device: StagedDevice, _at: Side): Promise<Directive> {
    return replica.poll(this.nameOf(device));
  }

  protected nameOf({ controllerId }: StagedDevice): DeviceName {
    return { tenantKey: this.stage.tenantKey, controllerId };
  }

  private async playOne(act: SingleAct, fromUs: number): Promise<void> {
    if (act.does === 'update') {
      let beganUs = fromUs;
      for (const part of partsOf(act)) {
        if (!(await this.perform(part, beganUs))) break;
        beganUs = await this.theatre.stampUs();
      }
      return;
    }
    await this.perform(act, fromUs);
  }

  /** False: there was nothing to do, or it was refused. */
  private async perform(act: DeviceAct | OperatorAct | WaitAct, fromUs: number): Promise<boolean> {
    const actionId = this.subjectOf(act);
    const answer = await this.answerTo(act, actionId).catch(refusalOf);
    if (answer === undefined) return false;
    const { nowMs } = this.theatre;
    const told = answer.is === 'told' ? answer.directive.actionId : undefined;
    this.moments.push({
      ...{ turn: this.turn, act, answer, nowMs, fromUs, toUs: Number.MAX_SAFE_INTEGER },
      actionId: actionId ?? told,
      told: answer.is === 'taken' ? answer.version : undefined,
    });
    return answer.is !== 'refused' && !(act.does === 'poll' && told === undefined);
  }

  /** The action that a device speaks of. */
  private subjectOf(act: DeviceAct | OperatorAct | WaitAct): string | undefined {
    switch (act.does) {
      case 'report':
        return this.memoryOf(act.device).shown.at(-1 - act.back);
      case 'fetch':
      case 'answer-cancel':
      case 'cancel':
        return this.memoryOf(act.device).shown.at(-1);
      default:
        return undefined;
    }
  }

  private async answerTo(
    act: DeviceAct | OperatorAct | WaitAct,
    actionId: string | undefined,
  ): Promise<Answer | undefined> {
    switch (act.does) {
      case 'poll':
      case 'fetch':
      case 'report':
      case 'answer-cancel':
      case 'show-version':
        return this.answerToDevice(act, actionId);
      case 'wait':
        this.theatre.nowMs += act.ms;
        await this.theatre.runSchedulers(act.at);
        return TAKEN;
      default:
        return this.answerToOperator(act, actionId);
    }
  }

  private async answerToDevice(act: DeviceAct, actionId: string | undefined): Promise<Answer | undefined> {
    const replica = this.theatre.replicas[act.at];
    const device = this.stage.deviceAt(act.device);
    const name = this.nameOf(device);
    switch (act.does) {
      case 'poll': {
        const directive = await this.poll(replica, device, act.at);
        this.remember(act.device, directive);
        return { is: 'told', directive };
      }
      case 'fetch': {
        if (actionId === undefined) return undefined;
        return { is: 'shown', update: await replica.fetch(name, actionId) };
      }
      case 'report': {
        if (actionId === undefined) return undefined;
        await replica.feedback(name, actionId, WORDS[act.word]);
        return TAKEN;
      }
      case 'answer-cancel': {
        if (actionId === undefined || !this.memoryOf(act.device).isCancelling) return undefined;
        const finished = act.isYes ? 'success' : 'failure';
        await replica.cancelFeedback(name, actionId, { execution: 'closed', finished });
        return TAKEN;
      }
      case 'show-version': {
        const version = await this.versionOf(act, device);
        await replica.configData(name, { board: device.model, hw_revision: '1', version });
        return { is: 'taken', version };
      }
    }
  }

  private async versionOf(
    { shown, device: place }: Extract<DeviceAct, { does: 'show-version' }>,
    device: StagedDevice,
  ): Promise<string> {
    if (shown === 'third') return THIRD_VERSION;
    if (shown === 'old') return device.version ?? '1.0.0';
    const latest = this.memoryOf(place).shown.at(-1);
    if (latest === undefined) return RELEASES[0].version;
    const [row] = await this.theatre.database.query<{ version: string }>(
      'SELECT r.version FROM action a JOIN release r ON r.id = a.release_id WHERE a.tenant_id = $1 AND a.id = $2',
      [this.stage.tenantId, latest],
    );
    return row?.version ?? RELEASES[0].version;
  }

  private async answerToOperator(
    act: OperatorAct,
    actionId: string | undefined,
  ): Promise<Answer | undefined> {
    const console = this.theatre.consoles[act.at];
    const { operator } = this.stage;
    if (act.does === 'say' || act.does === 'change-rollout') return this.answerAboutRollout(console, act);
    switch (act.does) {
      case 'change-device':
        await console.changeDevice(
          operator,
          this.stage.deviceAt(act.device).controllerId,
          this.changeOf(act.to),
        );
        return TAKEN;
      case 'assign': {
        const names = act.devices.map((place) => this.stage.deviceAt(place).controllerId);
        await console.assign(operator, this.stage.releases[act.release]!.id, names);
        return TAKEN;
      }
      case 'stop':
        await console.stop(operator, act.isStopped);
        return TAKEN;
      case 'cancel':
        if (actionId === undefined) return undefined;
        await console.cancel(operator, actionId, act.isForced);
        return TAKEN;
    }
  }

  private async answerAboutRollout(
    console: Console,
    act: Extract<OperatorAct, { rollout: number }>,
  ): Promise<Answer | undefined> {
    const { operator, approver } = this.stage;
    const rolloutId = this.rolloutIds[act.rollout % Math.max(this.rolloutIds.length, 1)];
    if (rolloutId === undefined) return undefined;
    if (act.does === 'say')
      await console.say(act.verb === 'approve' ? approver : operator, rolloutId, act.verb);
    else await console.changeRollout(operator, rolloutId, act.to);
    return TAKEN;
  }

  private changeOf(to: DevicePatch): DeviceChange {
    const { releases, feeds } = this.stage;
    if ('pinned' in to) return { pinned: to.pinned };
    if ('mode' in to) return { mode: to.mode };
    if ('feed' in to) return { feed: feeds[to.feed]!.name };
    if ('model' in to) return { hardware: { model: to.model, revision: '1' } };
    if ('tags' in to) return { tags: to.tags };
    if ('keeps' in to) return { assignedReleaseId: releases[to.keeps]!.id };
    return { force: releases[to.force]!.id };
  }

  private remember(place: number, { actionId, kind }: Directive): void {
    const memory = this.memoryOf(place);
    memory.isCancelling = kind === 'cancel';
    if (actionId !== undefined && memory.shown.at(-1) !== actionId) memory.shown.push(actionId);
  }

  private memoryOf(place: number): Memory {
    const { id } = this.stage.deviceAt(place);
    let memory = this.memories.get(id);
    if (memory === undefined) {
      memory = { shown: [], isCancelling: false, releaseVersion: undefined };
      this.memories.set(id, memory);
    }
    return memory;
  }
}

const TAKEN: Answer = { is: 'taken' };

/** Refusals are answers; everything else is a fault of the server, and of the property. */
function refusalOf(error: unknown): Answer {
  if (error instanceof DomainError) return { is: 'refused', code: error.code };
  throw error;
}

function partsOf({ device, at, word, shown }: UpdateAct): DeviceAct[] {
  return [
    { does: 'poll', device, at },
    { does: 'fetch', device, at },
    { does: 'report', device, at, word: 'progress', back: 0 },
    ...(word === undefined ? [] : [{ does: 'report' as const, device, at, word, back: 0 }]),
    ...(shown === undefined ? [] : [{ does: 'show-version' as const, device, at, shown }]),
  ];
}
