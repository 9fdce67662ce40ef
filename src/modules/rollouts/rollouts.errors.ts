import { DomainError } from '../../platform/errors/domain.error';

export class RolloutExistsError extends DomainError {
  constructor(name: string) {
    super('conflict', 'rollout_exists', `There is a rollout "${name}" already.`, { name: 'is taken' });
  }
}

/** The verb cannot be said to a rollout in this state. */
export class RolloutStateError extends DomainError {
  constructor(id: string, state: string, verb: string) {
    super('conflict', 'rollout_state', `Rollout ${id} is ${state}; it cannot be told to ${verb}.`);
  }
}

/** The release could never be offered to anybody. */
export class UnofferableReleaseError extends DomainError {
  constructor(id: string, why: string) {
    super('unprocessable', 'unofferable_release', `Release ${id} cannot be rolled out: ${why}.`, {
      releaseId: why,
    });
  }
}
