/** What a caller of the management API may do; each role includes those before it. */
export const ROLES = ['viewer', 'publisher', 'operator', 'administrator'] as const;
export type Role = (typeof ROLES)[number];

/** Who is calling, and for which tenant: the first argument of every use case, so no query can forget the tenant. */
export interface Actor {
  readonly kind: 'user' | 'token' | 'device' | 'system';
  readonly tenantId: string;
  /** For people: shown in the audit. Never a secret. */
  readonly name: string;
  readonly role: Role;
}

/** Rookery itself, acting for a tenant (schedulers, the first start). */
export function systemActor(tenantId: string): Actor {
  return { kind: 'system', tenantId, name: 'rookery', role: 'administrator' };
}

/** True when `actor` may do what `needed` may. */
export function hasRole(actor: Actor, needed: Role): boolean {
  return ROLES.indexOf(actor.role) >= ROLES.indexOf(needed);
}

/** `token:ci`, `user:admin`: how the audit names an actor. */
export function actorLabel(actor: Actor): string {
  return `${actor.kind}:${actor.name}`;
}
