import { DomainError } from '../../platform/errors/domain.error';

export class FeedExistsError extends DomainError {
  constructor(name: string) {
    super('conflict', 'feed_exists', `There is a feed "${name}" already.`, { name: 'is taken' });
  }
}

export class FeedInUseError extends DomainError {
  constructor(name: string, by: string) {
    super('conflict', 'feed_in_use', `Feed "${name}" is in use: ${by}. Move them to another feed first.`);
  }
}

/** The request names a feed that is not there: 422, since the request itself was well formed. */
export class UnknownFeedError extends DomainError {
  constructor(name: string) {
    super(
      'unprocessable',
      'unknown_feed',
      `There is no feed "${name}". GET /api/v1/feeds lists those there are.`,
      {
        feed: 'names no feed',
      },
    );
  }
}

export class DeviceExistsError extends DomainError {
  constructor(controllerId: string) {
    super('conflict', 'device_exists', `There is a device "${controllerId}" already.`, {
      controllerId: 'is taken',
    });
  }
}

/** The device sent more attributes than one may have (hawkBit: 429 quota.tooManyEntries). */
export class TooManyAttributesError extends DomainError {
  constructor(limit: number) {
    super('full', 'too_many_attributes', `A device may have at most ${limit} attributes.`);
  }
}
