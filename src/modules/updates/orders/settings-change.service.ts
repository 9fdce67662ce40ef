import { Injectable } from '@nestjs/common';
import type { Actor } from '../../../platform/actor/actor';
import { Settings } from '../../../platform/config/settings';
import { FieldError } from '../../../platform/errors/domain.error';
import { PresenceService } from '../../devices/presence.service';
import { faultOfCompatiblePattern } from '../../releases/release/compatible';
import { readPacing } from '../../rollouts/plan/pacing';
import { faultOfPolling, type PollInterval } from '../../tenants/poll-interval';
import type { RevisedSettings, SettingsChange } from '../../tenants/tenant-settings';
import { TenantSettingsService } from '../../tenants/tenant-settings.service';

/** A change of settings as it is written; `polling` is hawkBit's value, `null`: as the server says. */
export interface SettingsWish extends Omit<SettingsChange, 'polling'> {
  readonly polling?: string | null | undefined;
}

/** Changes of a tenant's settings. It stands here since some concern devices: filters name their fields. */
@Injectable()
export class SettingsChangeService {
  constructor(
    private readonly settings: TenantSettingsService,
    private readonly presence: PresenceService,
    private readonly server: Settings,
  ) {}

  /**
   * Obeyed by every replica's next request once it resolves.
   * @throws FieldError, StaleError when `ifRevision` is not the one that is there
   */
  async change(actor: Actor, wish: SettingsWish, ifRevision?: number): Promise<RevisedSettings> {
    const { polling, compatiblePattern } = wish;
    if (typeof compatiblePattern === 'string') refuseBadPattern(compatiblePattern);
    const change: SettingsChange = {
      ...wish,
      polling: typeof polling === 'string' ? this.readPolling(polling) : polling,
    };
    const after = await this.settings.change(actor, change, ifRevision);
    if (wish.keepsAddresses === false) await this.presence.forgetAddresses(actor.tenantId);
    return after;
  }

  private readPolling(text: string): PollInterval {
    const fault = faultOfPolling(text, this.server.pollIntervalMinMs);
    if (fault !== undefined) throw new FieldError('polling', fault);
    return readPacing(text);
  }
}

function refuseBadPattern(pattern: string): void {
  const fault = faultOfCompatiblePattern(pattern);
  if (fault !== undefined) throw new FieldError('compatiblePattern', fault);
}
