import { ApiSchema } from '@nestjs/swagger';
import type { IssuedDeviceToken, TokenTerms } from '../../../modules/updates/sightings/device-tokens.service';
import { ShowsInstant, ShowsText, type Shown } from '../../shared/shown-field';
import { DurationField, durationMs } from '../../shared/validators/duration-field';
import { InstantField, instantOf } from '../../shared/validators/instant-field';

const MOST_OVERLAP_MS = 365 * 86_400_000;

/** How a device's own token comes into force. */
@ApiSchema({ name: 'NewTargetToken' })
export class TargetTokenBody {
  @DurationField({
    optional: true,
    most: MOST_OVERLAP_MS,
    description: 'How long the token before is good as well; left out: not at all.',
  })
  overlap?: string;

  @InstantField({ optional: true, description: 'When the new one ends; left out: not by itself.' })
  expiresAt?: string;
}

/** A device's own token just made. */
@ApiSchema({ name: 'IssuedTargetToken' })
export class IssuedTargetTokenView {
  @ShowsText({ description: 'What the device authenticates with. Shown this once.', example: 'rkt_…' })
  targetToken!: string;

  @ShowsInstant({ optional: true, description: 'When it ends; absent: not by itself.' })
  expiresAt?: Date | undefined;

  @ShowsInstant({ optional: true, description: 'Until when the one before is good as well.' })
  previousTokenExpiresAt?: Date | undefined;
}

export function tokenTerms({ overlap, expiresAt }: TargetTokenBody): TokenTerms {
  return { overlapMs: durationMs(overlap) ?? 0, expiresAt: instantOf(expiresAt) };
}

export function issuedTargetTokenView(issued: IssuedDeviceToken): Shown<IssuedTargetTokenView> {
  const { token, expiresAt, previousExpiresAt } = issued;
  return { targetToken: token, expiresAt, previousTokenExpiresAt: previousExpiresAt };
}
