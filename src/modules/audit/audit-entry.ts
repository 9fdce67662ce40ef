/** One thing that happened in a tenant: who did what to whom. */
export interface AuditEntry {
  readonly id: string;
  readonly at: Date;
  /** `rollout.start`, `device.changed` … */
  readonly kind: string;
  /** `rollout:12`, `device:sensor-7` … */
  readonly subject: string;
  /** `user:admin`, `token:ci`, `device:sensor-7`, `system:rookery`. */
  readonly actor: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

/** An event as it is sent out. */
export interface SentEvent extends AuditEntry {
  /** 1, 2, 3 … in the tenant, in the order of commits: what was read before the number tells whether something is new. */
  readonly seq: number;
}
