/** A time in which a tenant's rollouts offer nothing: holidays, an audit. */
export interface Freeze {
  readonly from: Date;
  readonly to: Date;
  readonly reason: string;
}
