import { Body, Delete, Get, HttpCode, Patch, Post } from '@nestjs/common';
import { ApiCreatedResponse, ApiNoContentResponse, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { ModuleTypesService } from '../../../modules/releases/module-types.service';
import type { Actor } from '../../../platform/actor/actor';
import type { Shown } from '../../shared/shown-field';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import type { PageView } from '../page-query';
import { NameParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { ModuleTypeBody, ModuleTypeChangeBody } from './module-type-body';
import { ModuleTypePage, moduleTypeView, ModuleTypeView } from './module-type-view';

/** Which kinds of modules releases may have. */
@ManagementController('module-types', 'releases')
export class ModuleTypesController {
  constructor(private readonly types: ModuleTypesService) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'All module types, by key' })
  @ApiOkResponse({ type: ModuleTypePage })
  async listModuleTypes(@CurrentActor() actor: Actor): Promise<PageView<ModuleTypeView>> {
    return { items: (await this.types.list(actor)).map(moduleTypeView) };
  }

  @Post()
  @Needs('publisher')
  @ApiOperation({ summary: 'Make a module type' })
  @ApiCreatedResponse({ type: ModuleTypeView })
  @Refuses(400, 409, 415, 429)
  async createModuleType(
    @CurrentActor() actor: Actor,
    @Body() { key, name, description = '', maxPerRelease }: ModuleTypeBody,
  ): Promise<Shown<ModuleTypeView>> {
    const type = { key, name, description, maxPerRelease: maxPerRelease ?? undefined };
    return moduleTypeView(await this.types.create(actor, type));
  }

  @Patch(':key')
  @Needs('publisher')
  @ApiOperation({ summary: 'Change a module type, for releases made from now on' })
  @ApiOkResponse({ type: ModuleTypeView })
  @Refuses(400, 404, 415)
  async changeModuleType(
    @CurrentActor() actor: Actor,
    @NameParam('key', 'module type') key: string,
    @Body() body: ModuleTypeChangeBody,
  ): Promise<Shown<ModuleTypeView>> {
    return moduleTypeView(await this.types.change(actor, key, body));
  }

  @Delete(':key')
  @HttpCode(204)
  @Needs('publisher')
  @ApiOperation({ summary: 'Remove a module type that no release has' })
  @ApiNoContentResponse()
  @Refuses(404, 409)
  async removeModuleType(
    @CurrentActor() actor: Actor,
    @NameParam('key', 'module type') key: string,
  ): Promise<void> {
    await this.types.remove(actor, key);
  }
}
