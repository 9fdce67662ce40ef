import { DomainError } from '../../platform/errors/domain.error';

/** The device asks about an action that it may not see (now): foreign, unknown, or in another phase. 404 on the wire. */
export class NotForDeviceError extends DomainError {
  constructor(noun: string, id: string) {
    super('not-found', `${noun}_not_for_device`, `There is no ${noun} ${id} for this device.`);
  }
}

/** Feedback on a cancel that was never asked for (hawkBit: 405 action.notCancelable). */
export class NotCancellingError extends DomainError {
  constructor(id: string) {
    super('conflict', 'not_cancelling', `Action ${id} is not being cancelled.`);
  }
}
