import type { Load, RoundReport } from './load';
import type { Topic } from './load/conversation';
import type { Server } from './processes';
import type { Scenario } from './scenario';
import type { Stage } from './stage';

/** Gives the load generator its orders for one scenario, and remembers which numbers are used up. */
export class Driver {
  /** What was acknowledged in all rounds, those that do not count included. */
  unitsOfRookery = 0;
  private next = 1;
  private lastUnits = 0;

  constructor(
    private readonly scenario: Scenario,
    private readonly stage: Stage,
    private readonly load: Load,
    private readonly connections: number,
  ) {}

  /** Brings the fleet back to its state before a round that what is left of it might not last for. */
  async renewFleet(): Promise<void> {
    const { takes, prepare } = this.scenario;
    if (takes !== 'fleet' || this.stage.devices - this.next > 2 * this.lastUnits) return;
    await prepare?.(this.stage);
    this.next = 1;
  }

  async askRookery({ port }: Server, seconds: number): Promise<RoundReport> {
    const { stage, connections } = this;
    const { conversation, takes, unitsPerRequest = 1 } = this.scenario;
    const next = takes === 'newcomers' ? stage.nextNewcomer : this.next;
    const topic: Topic = { ...stage.access, port, next, raw: [], unitsPerRequest };
    const report = await this.load.round({ conversation, topic, connections, seconds });
    if (takes === 'newcomers') stage.nextNewcomer = report.next;
    else this.next = report.next;
    this.unitsOfRookery += report.units;
    this.lastUnits = report.units;
    return report;
  }

  async rehearse({ port }: Server, seconds: number): Promise<void> {
    const { stage, connections } = this;
    const { rehearsal } = this.scenario;
    if (rehearsal === undefined) return;
    const topic: Topic = { ...stage.access, port, next: 1, raw: [], unitsPerRequest: 1 };
    await this.load.round({ conversation: rehearsal, topic, connections, seconds });
  }

  askRaw({ port }: Server, seconds: number): Promise<RoundReport> {
    const { stage, connections } = this;
    const { raw, unitsPerRequest = 1 } = this.scenario;
    const topic: Topic = { ...stage.access, port, next: 1, raw, unitsPerRequest };
    return this.load.round({ conversation: 'raw-requests', topic, connections, seconds });
  }
}
