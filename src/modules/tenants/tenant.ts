/** A fleet with its own devices, releases and people. Its key stands in every DDI URL. */
export interface Tenant {
  readonly id: string;
  /** Upper case; matched without regard to case, echoed to devices as they wrote it. */
  readonly key: string;
}

/** The tenant of a fresh installation: what every hawkBit client uses unless told otherwise. */
export const DEFAULT_TENANT_KEY = 'DEFAULT';

/** Upper-cases as the lookup does; undefined when no tenant can be called so. */
export function tenantKeyOf(asWritten: string): string | undefined {
  return /^[\w.~-]{1,64}$/.test(asWritten) ? asWritten.toUpperCase() : undefined;
}
