import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Database } from '../../../platform/database/database';
import { NotFoundError } from '../../../platform/errors/domain.error';
import { describeLine, RULES, type Decision } from '../../rollouts/rules/decision';
import { DecisionsService } from '../sightings/decisions.service';
import { SightingsService } from '../sightings/sightings.service';

/** Why the last offer that was decided was not admitted. */
export interface AdmissionVerdict {
  readonly code: string;
  readonly planRevision: string;
  readonly at: Date;
}

/** Why a device gets what it gets: the decision of its next poll and every rule that was tried on the way. */
export interface Explanation {
  readonly decision: Decision;
  readonly trace: readonly ExplainedRule[];
  /** What the admitting transaction said to the last offer that it refused. */
  readonly lastAdmission: AdmissionVerdict | undefined;
  readonly planRevision: string;
}

export interface ExplainedRule {
  readonly rule: number;
  readonly name: string;
  readonly outcome: 'passed' | 'decided' | 'skipped';
  readonly code: string;
  readonly text: string;
}

@Injectable()
export class ExplainService {
  constructor(
    private readonly database: Database,
    private readonly sightings: SightingsService,
    private readonly decisions: DecisionsService,
  ) {}

  /** Reads as a poll would, asks the same function, and changes nothing. @throws NotFoundError */
  async explain(actor: Actor, controllerId: string): Promise<Explanation> {
    const tenantKey = await this.tenantKeyOf(actor);
    const sighting = await this.sightings.find({ tenantKey, controllerId });
    if (sighting?.device === undefined) throw new NotFoundError('device', controllerId);
    const { plan, decision, trace } = await this.decisions.decide(sighting, sighting.device);
    return {
      decision,
      trace: trace.map((line) => ({
        rule: line.rule,
        name: RULES[line.rule],
        outcome: line.outcome,
        code: line.code,
        text: describeLine(line),
      })),
      lastAdmission: await this.lastAdmission(actor, controllerId),
      planRevision: plan.revision.toString(),
    };
  }

  private async lastAdmission(actor: Actor, controllerId: string): Promise<AdmissionVerdict | undefined> {
    const [row] = await this.database.query<AdmissionVerdict>(
      `SELECT verdict AS code, verdict_plan_revision AS "planRevision", verdict_at AS at FROM device
        WHERE tenant_id = $1 AND controller_id = $2 AND verdict IS NOT NULL`,
      [actor.tenantId, controllerId],
    );
    return row;
  }

  private async tenantKeyOf(actor: Actor): Promise<string> {
    const [row] = await this.database.query<{ key: string }>('SELECT key FROM tenant WHERE id = $1', [
      actor.tenantId,
    ]);
    return row?.key ?? '';
  }
}
