import type { SimulatedFleet } from '../simulator/fleet';
import type { FleetFigures } from './model';
import { Pace } from './pace';

/** Reads off what a fleet does at the moment. */
export class FleetGauge {
  private readonly pace = new Pace();

  constructor(private readonly fleet: SimulatedFleet) {}

  read(): FleetFigures {
    const { polls, reports } = this.fleet.traffic;
    this.pace.note({ atMs: performance.now(), polls, reports });
    const { polls: pollsPerSecond, reports: reportsPerSecond } = this.pace.perSecond;
    return { pollsPerSecond, reportsPerSecond, byState: this.fleet.snapshot().byState };
  }
}
