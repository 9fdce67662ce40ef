import type { FaultPlan } from '../fault';
import type { PartialFile } from '../ddi/download';
import type { Report } from '../ddi/bodies';
import type { ActionTruth } from '../judging/oracle';

/** One update on one device, from its offer until the next one. It outlives a loss of power, as what befell it does. */
export class Update {
  /** What is on the device's disk so far. */
  file: PartialFile | undefined;
  /** A report that is overtaken by the next one. */
  held: Report | undefined;

  constructor(
    readonly actionId: string,
    readonly plan: FaultPlan,
    readonly truth: ActionTruth,
  ) {}
}
