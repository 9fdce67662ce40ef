import { applyDecorators, Controller, UseGuards, UseInterceptors, UsePipes } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { fieldsPipe } from '../shared/validators/fields.error';
import { BearerGuard } from './access/bearer.guard';
import { RoleGuard } from './access/role.guard';
import { JsonBodyGuard } from './json-body.guard';
import { RevisionInterceptor } from './revision.interceptor';

/** Where the management API begins. */
export const API_ROOT = '/api/v1';

/** A controller of the management API: token, role, media type and fields are checked before a handler runs. */
export function ManagementController(path: string, tag: string): ClassDecorator {
  return applyDecorators(
    Controller(`${API_ROOT}/${path}`),
    ApiTags(tag),
    UseGuards(BearerGuard, RoleGuard, JsonBodyGuard),
    UsePipes(fieldsPipe()),
    UseInterceptors(RevisionInterceptor),
  );
}
