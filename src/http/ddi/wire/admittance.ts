import { ForbiddenException, HttpException, UnauthorizedException } from '@nestjs/common';
import type { Plan } from '../../../modules/rollouts/plan/plan';
import type {
  DeviceCredential,
  DeviceName,
  SightedDevice,
  Sighting,
} from '../../../modules/updates/sightings/sighting';
import { FieldError, NotFoundError } from '../../../platform/errors/domain.error';
import type { DdiPath } from './ddi-path';

/** A device that came in, as read for this request. */
export interface Entry {
  readonly name: DeviceName;
  readonly sighting: Sighting;
  readonly device: SightedDevice;
  /** The tenant's plan as the request found it. */
  readonly plan: Plan;
  /** What it came in with. */
  readonly credential: DeviceCredential;
}

export type Refusal =
  /** Authentic, but nothing can be called so. */
  | { readonly kind: 'bad-id'; readonly why: string }
  /** No or wrong credentials, no such tenant, or one that makes no acquaintances: they are not told apart. */
  | { readonly kind: 'stranger' }
  /** Authentic, but there is no such device (a gateway asking for one that never polled). */
  | { readonly kind: 'unknown' }
  /** Authentic, but an operator does not want it. */
  | { readonly kind: 'refused' }
  /** Too many failed before it; its credential was not looked at. */
  | { readonly kind: 'throttled'; readonly seconds: number };

export type Admittance = { readonly kind: 'in'; readonly entry: Entry } | Refusal;

/** 429 with the time to wait, and no body. */
export class TooManyFailuresError extends HttpException {
  constructor(readonly retryAfterSeconds: number) {
    super('too many failed attempts', 429);
  }
}

/** What a device that did not come in is told. */
export function refusalError(refusal: Refusal, path: DdiPath): Error {
  switch (refusal.kind) {
    case 'bad-id':
      return new FieldError('controllerId', refusal.why);
    case 'stranger':
      return new UnauthorizedException();
    case 'unknown':
      return new NotFoundError('device', path.controllerId);
    case 'refused':
      return new ForbiddenException();
    case 'throttled':
      return new TooManyFailuresError(refusal.seconds);
  }
}

/** What a device that waits for an operator is told wherever it asks for more than to be seen: there is nothing for it. */
export function waitingError(path: DdiPath): Error {
  return new NotFoundError('update for the waiting device', path.controllerId);
}
