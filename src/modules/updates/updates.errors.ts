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

/** An assignment names devices that there are not; nothing of it was done. */
export class UnknownDevicesError extends DomainError {
  constructor(controllerIds: readonly string[]) {
    const shown = controllerIds.slice(0, 20).join(', ');
    const rest = controllerIds.length > 20 ? ` and ${controllerIds.length - 20} more` : '';
    super('unprocessable', 'unknown_devices', `There are no devices ${shown}${rest}.`, {
      devices: `names ${controllerIds.length} that are not there`,
    });
  }
}

/** Quota: a device that never ends anything must not gather actions without end. */
export class TooManyOpenActionsError extends DomainError {
  constructor(most: number) {
    super(
      'conflict',
      'too_many_open_actions',
      `A device has ${most} open actions already; cancel some of them first.`,
    );
  }
}

/** hawkBit: 409 repo.autoConfAlreadyActive. */
export class AutoConfirmActiveError extends DomainError {
  constructor(controllerId: string) {
    super('conflict', 'auto_confirm_active', `Device ${controllerId} confirms all updates already.`);
  }
}

/** The device may not have a token, or another one, now: it waits, it came in otherwise, or its tenant takes none. */
export class TokenRefusedError extends DomainError {
  constructor() {
    super('forbidden', 'token_refused', 'The device gets no token now.');
  }
}
