import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Database } from '../../../platform/database/database';
import { recordEvent } from '../../../platform/events/event-log';
import { ActionsService } from '../../actions/actions.service';
import { serverEntry } from '../../actions/action/log-entry';
import type { Invalidation, Release } from '../../releases/release/release';
import { ReleasesService } from '../../releases/releases.service';
import { RolloutsService } from '../../rollouts/rollouts.service';
import { TenantsService } from '../../tenants/tenants.service';
import { ActionFlowService } from '../outcomes/action-flow.service';

/** Actions that are ended in one transaction. */
const SWEEP = 100;

/**
 * Makes a release invalid for good. That is a change of the plan, whatever the size of the fleet: from then on nobody is
 * offered it, and each device that is at work on it is asked to give it up at its next poll (`soft`). Only `force`, which
 * asks nobody, walks through what is open.
 */
@Injectable()
export class InvalidationsService {
  constructor(
    private readonly database: Database,
    private readonly tenants: TenantsService,
    private readonly releases: ReleasesService,
    private readonly rollouts: RolloutsService,
    private readonly actions: ActionsService,
    private readonly flow: ActionFlowService,
  ) {}

  /** Saying it twice is fine; the first word stands. @throws NotFoundError */
  async invalidate(actor: Actor, releaseId: string, invalidation: Invalidation): Promise<Release> {
    const { tenantId } = actor;
    const release = await this.releases.get(tenantId, releaseId);
    await this.tenants.changePlan(tenantId, async (tx) => {
      if (!(await this.releases.invalidate(tx, tenantId, release.id, invalidation))) return;
      await this.rollouts.abortAllOf(tx, actor, release.id);
      const subject = `release:${release.id}`;
      await recordEvent(tx, actor, {
        kind: 'release.invalidated',
        subject,
        detail: { cancel: invalidation },
      });
    });
    const after = await this.releases.get(tenantId, releaseId);
    if (after.invalidation === 'force') await this.endAll(actor, releaseId);
    return after;
  }

  /** Broken off in the middle, it leaves the rest to be cancelled at the devices' next polls; said again, it goes on. */
  private async endAll(actor: Actor, releaseId: string): Promise<void> {
    for (let after = '0'; ;) {
      const ids = await this.actions.listOpenOf(actor.tenantId, releaseId, { after, limit: SWEEP });
      const last = ids.at(-1);
      if (last === undefined) return;
      after = last;
      await Promise.all(ids.map((id) => this.end(actor, id)));
    }
  }

  private async end(actor: Actor, id: string): Promise<void> {
    const entry = serverEntry('cancelled', 'The release was invalidated.');
    await this.database.transaction((tx) =>
      this.flow.happenIn(tx, actor, id, { event: 'force-cancel', entry }),
    );
  }
}
