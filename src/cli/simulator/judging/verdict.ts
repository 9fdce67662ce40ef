import { mapSome, type History, type ShownAction, type ShownRollout } from './history';
import { countFromHistory, judgeAction, judgeUnheard, judgeVersion, type Mismatch } from './judgement';
import type { ActionTruth, DeviceTruth, Oracle } from './oracle';
import type { Traffic } from '../ddi/traffic';

const AT_A_TIME = 16;

/** The oracle's word on the server. */
export interface Verdict {
  readonly mismatches: readonly Mismatch[];
  readonly judged: { readonly devices: number; readonly actions: number; readonly rollouts: number };
}

/** Compares what the devices did with what the server says happened. Ask once the fleet was stopped or has settled. */
export class Judge {
  /** Actions of earlier runs on the same devices, which this oracle did not see. */
  private readonly foreign = new Set<string>();

  constructor(
    private readonly oracle: Oracle,
    private readonly traffic: Traffic,
    private readonly history: History,
  ) {}

  /** Call before the fleet starts when the server may know its devices from an earlier run. */
  async forgiveThePast(controllerIds: readonly string[]): Promise<void> {
    const own = new Set(controllerIds);
    const known = (await this.history.devices()).filter((device) => own.has(device.controllerId));
    const histories = await mapSome(known, AT_A_TIME, (device) => this.history.actions(device.controllerId));
    for (const { id } of histories.flat()) this.foreign.add(id);
  }

  async judge(): Promise<Verdict> {
    const shown = new Map((await this.history.devices()).map((device) => [device.controllerId, device]));
    const ids = [...shown.keys()];
    const histories = new Map(
      (await mapSome(ids, AT_A_TIME, (id) => this.history.actions(id))).map((actions, at) => [
        ids[at],
        actions,
      ]),
    );
    const mismatches: Mismatch[] = this.judgeConduct();
    const truths = [...this.oracle.devices.values()];
    const perDevice = await mapSome(truths, AT_A_TIME, async (truth) => [
      ...about(`device ${truth.controllerId}`, judgeVersion(truth, shown.get(truth.controllerId))),
      ...(await this.judgeActions(truth, histories.get(truth.controllerId) ?? [])),
    ]);
    const rollouts = await this.history.rollouts();
    mismatches.push(...perDevice.flat(), ...rollouts.flatMap((one) => judgeRollout(one, histories)));
    const judged = { devices: truths.length, actions: this.oracle.actionCount, rollouts: rollouts.length };
    return { mismatches, judged };
  }

  private judgeConduct(): Mismatch[] {
    const { wrongAnswers, examples } = this.traffic;
    const wrong = about('answers', examples);
    if (wrongAnswers > examples.length)
      wrong.push({ about: 'answers', what: `and ${wrongAnswers - examples.length} more wrong answers` });
    return [...wrong, ...about('conduct', this.oracle.complaints)];
  }

  private async judgeActions(truth: DeviceTruth, actions: readonly ShownAction[]): Promise<Mismatch[]> {
    const mismatches: Mismatch[] = [];
    const others = (one: ShownAction | undefined): ActionTruth[] =>
      actions.flatMap(({ id, releaseId }) => {
        const known = truth.actions.get(id);
        return known !== undefined && one?.releaseId === releaseId && one.id !== id ? [known] : [];
      });
    for (const action of truth.actions.values()) {
      if (this.foreign.has(action.actionId)) continue;
      const shown = actions.find(({ id }) => id === action.actionId);
      const log = shown === undefined ? [] : await this.history.log(action.actionId);
      const name = `action ${action.actionId} of ${truth.controllerId} [${action.faults.join(' ')}]`;
      mismatches.push(...about(name, judgeAction(action, shown, log, others(shown))));
    }
    for (const shown of actions) {
      if (truth.actions.has(shown.id) || this.foreign.has(shown.id)) continue;
      mismatches.push(
        ...about(`action ${shown.id} of ${truth.controllerId}`, judgeUnheard(shown, others(shown))),
      );
    }
    return mismatches;
  }
}

/** Counters equal the history. */
function judgeRollout(
  rollout: ShownRollout,
  histories: ReadonlyMap<unknown, readonly ShownAction[]>,
): Mismatch[] {
  const counted = countFromHistory(rollout.id, histories.values());
  const name = `rollout ${rollout.id} (${rollout.name})`;
  const mismatches: Mismatch[] = [];
  for (const state of new Set([...Object.keys(counted), ...Object.keys(rollout.devices)])) {
    const [shown, real] = [rollout.devices[state] ?? 0, counted[state] ?? 0];
    if (shown !== real)
      mismatches.push({ about: name, what: `shows ${shown} ${state}, the history has ${real}` });
  }
  const admitted = Object.values(counted).reduce((sum, devices) => sum + devices, 0);
  if (rollout.admitted !== admitted)
    mismatches.push({ about: name, what: `shows ${rollout.admitted} admitted, the history has ${admitted}` });
  return mismatches;
}

function about(name: string, whats: readonly string[]): Mismatch[] {
  return whats.map((what) => ({ about: name, what }));
}
