import {
  faultsOfAttempts,
  faultsOfBoots,
  faultsOfEnds,
  faultsOfExposure,
  faultsOfOffers,
  faultsOfProof,
} from '../judges/devices';
import { faultsOfEvents } from '../judges/events';
import { faultsOfStates, faultsOfTrips, faultsOfWaves } from '../judges/gates';
import { faultsOfMembership, faultsOfSlots } from '../judges/slots';
import { judged, type Invariant } from './holds';
import type { Story } from './story';

type Judge = (story: Story) => readonly string[];

/** Invariants that every history can be held against, whatever it was played for. */
const JURY: readonly (readonly [Invariant, Judge])[] = [
  ['B1', faultsOfSlots],
  ['B2', faultsOfMembership],
  ['B3', faultsOfWaves],
  ['B4', faultsOfTrips],
  ['B5', faultsOfStates],
  ['B6', faultsOfExposure],
  ['B7', faultsOfOffers],
  ['B10', faultsOfEnds],
  ['B14', faultsOfAttempts],
  ['B17', (story) => [...faultsOfProof(story), ...faultsOfBoots(story)]],
  ['B18', faultsOfEvents],
];

/** What all of them find, each fault named by the invariant that it breaks. */
export function verdictOf(story: Story): string[] {
  return JURY.flatMap(([id, judge]) => {
    judged(id);
    return judge(story).map((fault) => `${id}: ${fault}`);
  });
}
