import { DomainError, type RefusalKind } from '../../platform/errors/domain.error';

export class RolloutExistsError extends DomainError {
  constructor(name: string) {
    super('conflict', 'rollout_exists', `There is a rollout "${name}" already.`, { name: 'is taken' });
  }
}

/** Each of these fields is understood, and makes no sense where it stands. */
export class RolloutFieldsError extends DomainError {
  constructor(faults: Readonly<Record<string, string>>, kind: RefusalKind = 'unprocessable') {
    const sentences = Object.entries(faults).map(([path, why]) => `${path} ${why}`);
    super(kind, 'invalid_fields', `${sentences.join('; ')}.`, faults);
  }
}

/** The verb cannot be said to a rollout in this state. */
export class RolloutStateError extends DomainError {
  constructor(id: string, state: string, verb: string) {
    super('conflict', 'rollout_state', `Rollout ${id} is ${state}; it cannot be told to ${verb}.`);
  }
}

/** Whoever made or changed a rollout cannot be the one who finds it good. */
export class OwnRolloutError extends DomainError {
  constructor(id: string) {
    super(
      'forbidden',
      'own_rollout',
      `You made or changed rollout ${id}: somebody else has to decide on it.`,
    );
  }
}

/** Whoever proposed a change cannot be the one who approves it. */
export class OwnProposalError extends DomainError {
  constructor(id: string) {
    super(
      'forbidden',
      'own_rollout',
      `You proposed this change of rollout ${id}: somebody else has to approve it.`,
    );
  }
}

/** Since the preview something has changed that it rested upon. */
export class StalePreviewError extends DomainError {
  constructor(why: string) {
    const again = 'Look at a new preview, then start with its hash';
    super('conflict', 'stale_preview', `${why}. ${again}.`, { previewHash: why });
  }
}

/** The tenant wants every start to rest upon a preview. */
export class PreviewDemandedError extends DomainError {
  constructor(id: string) {
    super(
      'conflict',
      'preview_demanded',
      `This tenant starts no rollout without a preview: POST /api/v1/rollouts/${id}/preview, and start with its hash.`,
      { previewHash: 'is missing' },
    );
  }
}

/** The release could never be offered to anybody. */
export class UnofferableReleaseError extends DomainError {
  constructor(id: string, why: string, kind: RefusalKind = 'unprocessable') {
    super(kind, 'unofferable_release', `Release ${id} cannot be rolled out: ${why}.`, {
      releaseId: why,
    });
  }
}
