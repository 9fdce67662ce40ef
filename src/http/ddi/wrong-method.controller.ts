import {
  All,
  Controller,
  MethodNotAllowedException,
  NotFoundException,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import { DdiErrorFilter } from './wire/ddi-error.filter';
import { BearerGuard } from './entrance/device.guard';

/** A known path with another method is 405 (contract 1.1), an unknown one 404, each for those alone who may ask. Stands last: what has a handler never gets here. */
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
    'token',
  ])
  wrongMethod(): never {
    throw new MethodNotAllowedException();
  }

  /** There is nothing below, which strangers are not told. */
  @All('*rest')
  noSuchPath(): never {
    throw new NotFoundException();
  }
}
