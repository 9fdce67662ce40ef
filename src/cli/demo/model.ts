import type { DeviceState } from '../simulator/devices/device-state';

/** How far the demo is. `lost`: the server ended of its own accord. */
export type Phase = 'starting' | 'registering' | 'rolling' | 'judging' | 'done' | 'lost';

/** Where things are, for whoever wants to look for themselves. */
export interface Place {
  readonly url: string;
  readonly apiToken: string;
  readonly folder: string;
  /** In the folder: the server's log, and the administrator's password. */
  readonly files: readonly string[];
}

/** The rollout as the server shows it. */
export interface RolloutFigures {
  readonly id: string;
  readonly state: string;
  readonly inFlightCap?: number;
  readonly admitted: number;
  readonly devices: Readonly<Record<string, number>>;
}

/** Why updates failed, and on how many devices. */
export interface Cause {
  readonly text: string;
  readonly devices: number;
}

/** Something that happened, in words. */
export interface Occurrence {
  readonly seconds: number;
  readonly text: string;
  readonly isBad: boolean;
}

/** What the devices themselves are doing. */
export interface FleetFigures {
  readonly pollsPerSecond: number;
  readonly reportsPerSecond: number;
  readonly byState: Readonly<Partial<Record<DeviceState, number>>>;
}

/** What the comparison of devices and history brought. */
export interface Judged {
  readonly actions: number;
  /** Empty when both agree. */
  readonly mismatches: readonly string[];
}

/** Everything that is to be seen, at one moment. */
export interface DemoModel {
  readonly phase: Phase;
  readonly seconds: number;
  readonly place: Place;
  /** Worth knowing before all else, such as another port than expected. */
  readonly note: string | undefined;
  readonly versions: { readonly from: string; readonly to: string };
  /** Whether all of it lives on after the verdict, for a look around. */
  readonly isStaying: boolean;
  /** Of the fleet, and how many of them the server knows. */
  readonly devices: number;
  readonly registered: number;
  /** False while the server does not answer: then the figures are old. */
  readonly isAnswering: boolean;
  readonly rollout: RolloutFigures | undefined;
  readonly causes: readonly Cause[];
  readonly fleet: FleetFigures;
  /** Oldest first. */
  readonly occurrences: readonly Occurrence[];
  readonly judged: Judged | undefined;
  /** A failed update to ask about. */
  readonly example: { readonly controllerId: string; readonly actionId: string } | undefined;
}

export function newModel(
  start: Pick<DemoModel, 'place' | 'note' | 'isStaying' | 'versions' | 'devices'>,
): DemoModel {
  return {
    ...start,
    phase: 'starting',
    seconds: 0,
    registered: 0,
    isAnswering: true,
    rollout: undefined,
    causes: [],
    fleet: { pollsPerSecond: 0, reportsPerSecond: 0, byState: {} },
    occurrences: [],
    judged: undefined,
    example: undefined,
  };
}
