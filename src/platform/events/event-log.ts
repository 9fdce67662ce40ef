import { actorLabel, type Actor } from '../actor/actor';
import type { Sql } from '../database/database';

/**
 * Something that happened, as the audit shows it and as it will be sent out: the two are one row, written in the
 * transaction of the change itself, so neither can exist without the other.
 */
export interface DomainEvent {
  /** `rollout.start`, `action.ended` … */
  readonly kind: string;
  /** What it is about: `rollout:12`, `device:sensor-7`. Order is kept per subject. */
  readonly subject: string;
  readonly detail?: Readonly<Record<string, unknown>>;
}

/** Writes `event` in the caller's transaction. */
export async function recordEvent(tx: Sql, actor: Actor, event: DomainEvent): Promise<void> {
  await tx.query('INSERT INTO event (tenant_id, kind, subject, actor, detail) VALUES ($1, $2, $3, $4, $5)', [
    actor.tenantId,
    event.kind,
    event.subject,
    actorLabel(actor),
    JSON.stringify(event.detail ?? {}),
  ]);
}
