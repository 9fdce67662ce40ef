import { Injectable } from '@nestjs/common';
import { systemActor } from '../../../platform/actor/actor';
import { Database } from '../../../platform/database/database';
import { isUnretrieved, type ActionState } from '../../actions/action/action';
import { serverEntry } from '../../actions/action/log-entry';
import { ActionFlowService } from '../outcomes/action-flow.service';
import { RolloutSchedulerRepository, type DueRow } from './rollout-scheduler.repository';

/** Actions that are listed at once; each ends in a transaction of its own, so that none waits for another's device. */
const SWEEP = 100;
const AT_ONCE = 10;

/** What is under way in a rollout that was aborted with "cancel the running". */
@Injectable()
export class AbortSweepService {
  constructor(
    private readonly database: Database,
    private readonly repository: RolloutSchedulerRepository,
    private readonly flow: ActionFlowService,
  ) {}

  /**
   * Takes back what nobody has fetched and asks for the rest; tells how many it told. Broken off in the middle, the next round
   * goes on.
   */
  async sweep(rollout: DueRow): Promise<number> {
    let told = 0;
    for (let after = '0'; ;) {
      const actions = await this.repository.listToCancel(rollout, { after, limit: SWEEP });
      const last = actions.at(-1);
      if (last === undefined) break;
      after = last.id;
      for (let at = 0; at < actions.length; at += AT_ONCE)
        await Promise.all(actions.slice(at, at + AT_ONCE).map((action) => this.end(rollout, action)));
      told += actions.length;
    }
    // What was fetched while it was being taken back is asked in the next round.
    const left = await this.repository.listToCancel(rollout, { after: '0', limit: 1 });
    if (left.length === 0) await this.repository.setCancelled(rollout);
    return told;
  }

  private async end({ tenantId, id }: DueRow, action: { id: string; state: ActionState }): Promise<void> {
    const isUnseen = isUnretrieved(action.state);
    const entry = serverEntry(isUnseen ? 'withdrawn' : 'cancelling', `Rollout ${id} was aborted.`);
    const event = isUnseen ? 'withdraw' : 'request-cancel';
    await this.database.transaction((tx) =>
      this.flow.happenIn(tx, systemActor(tenantId), action.id, { event, entry }),
    );
  }
}
