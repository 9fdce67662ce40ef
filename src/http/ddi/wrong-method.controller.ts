import { All, Controller, MethodNotAllowedException, UseFilters, UseGuards } from '@nestjs/common';
import { DdiErrorFilter } from './ddi-error.filter';
import { BearerGuard } from './device.guard';

/** A known path with another method is 405, not 404 (contract 1.1). Stands last: what has a handler never gets here. */
@Controller(':tenant/controller/v1/:controllerId')
@UseGuards(BearerGuard)
@UseFilters(DdiErrorFilter)
export class WrongMethodController {
  @All([
    '',
    'deploymentBase/:actionId',
    'deploymentBase/:actionId/feedback',
    'cancelAction/:actionId',
    'cancelAction/:actionId/feedback',
    'installedBase',
    'installedBase/:actionId',
    'confirmationBase',
    'confirmationBase/activateAutoConfirm',
    'confirmationBase/deactivateAutoConfirm',
    'confirmationBase/:actionId',
    'confirmationBase/:actionId/feedback',
    'configData',
    'softwaremodules/:moduleId/artifacts',
    'softwaremodules/:moduleId/artifacts/:fileName',
  ])
  wrongMethod(): never {
    throw new MethodNotAllowedException();
  }
}
