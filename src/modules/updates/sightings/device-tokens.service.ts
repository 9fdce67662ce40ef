import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { Database, type Sql } from '../../../platform/database/database';
import { FieldError } from '../../../platform/errors/domain.error';
import { recordEvent } from '../../../platform/events/event-log';
import { DevicesService, type LockedHolder } from '../../devices/devices.service';
import type { KeptTokens } from '../../devices/device/kept-tokens';
import { newToken, tokenHash } from '../../identity/token';
import { deviceActor, type KnownDevice } from './known-device';
import { ownTokenOf } from './own-token';
import type { DeviceCredential } from './sighting';
import { TokenRefusedError } from '../updates.errors';

/** How long the token that a device replaced itself is good as well: the answer may have been lost, and the device be parked. */
const OWN_OVERLAP_MS = 7 * 86_400_000;

/** How a device's token comes into force. */
export interface TokenTerms {
  /** How long the one before is good as well; 0: not at all. */
  readonly overlapMs: number;
  /** When the new one ends; undefined: not by itself. */
  readonly expiresAt?: Date | undefined;
}

/** A device's own token just made. It exists in clear only here. */
export interface IssuedDeviceToken {
  readonly token: string;
  readonly expiresAt: Date | undefined;
  readonly previousExpiresAt: Date | undefined;
}

/** Who makes the token, and how the audit calls that. */
interface Issue {
  readonly actor: Actor;
  readonly kind: 'device.token-issued' | 'device.token-rotated';
  readonly next: { readonly expiresAt: Date | undefined; readonly previous: KeptTokens['previous'] };
}

/** The tokens that devices hold themselves: given by operators, or asked for by the devices. */
@Injectable()
export class DeviceTokensService {
  constructor(
    private readonly database: Database,
    private readonly devices: DevicesService,
    private readonly clock: Clock,
  ) {}

  /** Gives the device a token, instead of the one that it may have. @throws NotFoundError, FieldError */
  async issue(actor: Actor, controllerId: string, terms: TokenTerms): Promise<IssuedDeviceToken> {
    const { overlapMs, expiresAt } = terms;
    if (expiresAt !== undefined && expiresAt <= this.clock.now())
      throw new FieldError('expiresAt', 'must lie ahead');
    return this.database.transaction(async (tx) => {
      const device = await this.devices.lockHolder(tx, actor.tenantId, controllerId);
      const kind = device.tokens.current === undefined ? 'device.token-issued' : 'device.token-rotated';
      const next = { expiresAt, previous: this.kept(device.tokens, overlapMs) };
      return this.put(tx, device, { actor, kind, next });
    });
  }

  /** The device has no token any more; saying it twice is fine. @throws NotFoundError */
  async remove(actor: Actor, controllerId: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      const device = await this.devices.lockHolder(tx, actor.tenantId, controllerId);
      if (device.tokens.current === undefined) return;
      await this.devices.setTokens(tx, actor.tenantId, device.id, {
        current: undefined,
        previous: undefined,
      });
      await recordEvent(tx, actor, { kind: 'device.token-removed', subject: `device:${controllerId}` });
    });
  }

  /**
   * What a device itself asks for, by the credential that it came in with. Without a token it gets its first one; with its own
   * it gets another, which ends when the old one would have. The old one stays good for a week more, also for asking again.
   * @throws TokenRefusedError
   */
  async issueTo(device: KnownDevice, credential: DeviceCredential): Promise<IssuedDeviceToken> {
    if (!device.settings.takesTargetTokens) throw new TokenRefusedError();
    const actor = deviceActor(device);
    return this.database.transaction(async (tx) => {
      const holder = await this.devices.lockHolder(tx, device.tenantId, device.name.controllerId);
      if (holder.approval !== 'approved' || credential.kind === 'open') throw new TokenRefusedError();
      if (credential.kind === 'target') {
        const next = this.succession(holder.tokens, credential.token);
        return this.put(tx, holder, { actor, kind: 'device.token-rotated', next });
      }
      if (holder.tokens.current !== undefined) throw new TokenRefusedError();
      const next = { expiresAt: undefined, previous: undefined };
      return this.put(tx, holder, { actor, kind: 'device.token-issued', next });
    });
  }

  /** The row may be another one by now than when the device was let in. */
  private succession({ current, previous }: KeptTokens, token: string): Issue['next'] {
    const holder = {
      targetTokenHash: current?.hash,
      targetTokenExpiresAt: current?.expiresAt,
      previousToken: previous,
    };
    switch (ownTokenOf(holder, tokenHash(token), this.clock.epochMs())) {
      case 'current':
        return {
          expiresAt: current?.expiresAt,
          previous: this.kept({ current, previous }, OWN_OVERLAP_MS),
        };
      // Its end stays where it was: asking again and again is no way to keep an old token alive.
      case 'previous':
        return { expiresAt: current?.expiresAt, previous };
      case undefined:
        throw new TokenRefusedError();
    }
  }

  /** The current token as the previous one of its successor. */
  private kept({ current }: KeptTokens, overlapMs: number): KeptTokens['previous'] {
    if (current === undefined || overlapMs === 0) return undefined;
    const until = this.clock.epochMs() + overlapMs;
    const expiresAt = new Date(Math.min(until, current.expiresAt?.getTime() ?? until));
    return { hash: current.hash, expiresAt };
  }

  private async put(tx: Sql, device: LockedHolder, { actor, kind, next }: Issue): Promise<IssuedDeviceToken> {
    const token = newToken('rkt');
    const { expiresAt, previous } = next;
    const current = { hash: tokenHash(token), expiresAt };
    await this.devices.setTokens(tx, actor.tenantId, device.id, { current, previous });
    await recordEvent(tx, actor, {
      kind,
      subject: `device:${device.controllerId}`,
      detail: {
        ...(expiresAt === undefined ? {} : { expiresAt: expiresAt.toISOString() }),
        ...(previous === undefined ? {} : { previousExpiresAt: previous.expiresAt.toISOString() }),
      },
    });
    return { token, expiresAt, previousExpiresAt: previous?.expiresAt };
  }
}
