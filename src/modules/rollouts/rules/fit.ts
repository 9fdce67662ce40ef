import type { ActionType } from '../../actions/action/action';
import type { Hardware } from '../../releases/release/hardware';
import type { Candidate } from '../plan/candidate';
import { faultOfLoad } from './client-fit';
import type { Reason } from './decision';
import type { PlannedRelease } from '../plan/plan';
import { pass, stop, type Question } from './question';

/** Rule 4. Hardware nobody has named fits only a release that fits all. */
export function misfit(question: Question, release: PlannedRelease, type: ActionType): Reason | undefined {
  if (release.hardware.length === 0) return stop(question, 4, 'no-hardware-list');
  const { device } = question;
  const hardware = hardwareOf(device);
  const { model, revision } = hardware;
  if (!release.fits(hardware))
    return stop(question, 4, isUnknown(device) ? 'unknown-hardware' : 'wrong-hardware', { model, revision });
  const { client, controllerId } = device;
  const fault = faultOfLoad(client, { controllerId, shape: release.shape, type });
  if (fault !== undefined) return stop(question, 4, 'unfit-client', { client, fault });
  pass(question, 4, 'fits', { model, revision, client });
  return undefined;
}

/** The part of rule 4 that is about the client, of a release that is not the target itself. */
export function canTake(device: Candidate, release: PlannedRelease, type: ActionType): boolean {
  const { client, controllerId } = device;
  return (
    client === 'unknown' || faultOfLoad(client, { controllerId, shape: release.shape, type }) === undefined
  );
}

export function hardwareOf(device: Candidate): Hardware {
  return { model: device.model ?? '', revision: device.revision };
}

export function isUnknown(device: Candidate): boolean {
  return device.model === undefined && device.revision === undefined;
}
