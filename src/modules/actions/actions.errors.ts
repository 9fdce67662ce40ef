import { DomainError } from '../../platform/errors/domain.error';

/** The device itself ended the action and now reports something else about it (410 on the wire). */
export class ActionGoneError extends DomainError {
  constructor(id: string) {
    super('conflict', 'action_ended', `Action ${id} was ended by the device's own report.`);
  }
}

/** What was asked makes no sense in the action's state. */
export class ActionStateError extends DomainError {
  constructor(id: string, state: string, wish: string) {
    super('conflict', 'action_state', `Action ${id} is ${state} and cannot be ${wish}.`);
  }
}

/** One report holds more messages than one may (hawkBit: 429). */
export class TooManyMessagesError extends DomainError {
  constructor(id: string, limit: number) {
    super('full', 'too_many_messages', `A report on action ${id} may hold at most ${limit} messages.`);
  }
}

/** The action's log has as many entries as one may have (hawkBit: 429). */
export class LogFullError extends DomainError {
  constructor(id: string, limit: number) {
    super(
      'full',
      'log_full',
      `Action ${id} has ${limit} log entries already; only its end is still recorded.`,
    );
  }
}
