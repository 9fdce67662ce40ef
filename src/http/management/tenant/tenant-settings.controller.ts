import { Body, Get, Patch } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { TenantSettingsService } from '../../../modules/tenants/tenant-settings.service';
import { SettingsChangeService } from '../../../modules/updates/orders/settings-change.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { IfMatch, revisionNumber, TakesIfMatch } from '../if-match.decorator';
import { ManagementController } from '../management-controller';
import { Refuses } from '../problems/refuses.decorator';
import { SettingsBody, settingsWish } from './settings-body';
import { SettingsView, settingsView } from './settings-view';

/** What the caller's tenant settles for itself. */
@ManagementController('tenant/settings', 'tenant')
export class TenantSettingsController {
  constructor(
    private readonly settings: TenantSettingsService,
    private readonly changes: SettingsChangeService,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'The settings of this tenant' })
  @ApiOkResponse({ type: SettingsView })
  async getTenantSettings(@CurrentActor() actor: Actor): Promise<Shown<SettingsView>> {
    return settingsView(await this.settings.get(actor));
  }

  @Patch()
  @Needs('administrator')
  @ApiOperation({ summary: 'Change the settings; the next request of every device is answered by them' })
  @ApiOkResponse({ type: SettingsView })
  @TakesIfMatch()
  @Refuses(400, 415)
  async changeTenantSettings(
    @CurrentActor() actor: Actor,
    @IfMatch() revision: string | undefined,
    @Body() body: SettingsBody,
  ): Promise<Shown<SettingsView>> {
    const wish = settingsWish(body);
    return settingsView(await this.changes.change(actor, wish, revisionNumber(revision)));
  }
}
