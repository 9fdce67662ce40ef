/** A named channel that devices follow and rollouts aim at. */
export interface Feed {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** New devices start on the tenant's one default feed. */
  readonly isDefault: boolean;
  readonly revision: number;
  readonly createdAt: Date;
}

/** The feed of a fresh tenant. */
export const DEFAULT_FEED_NAME = 'default';
