import { Param, type PipeTransform } from '@nestjs/common';
import { faultOfControllerId } from '../../modules/devices/device/device';
import { FieldError, NotFoundError } from '../../platform/errors/domain.error';
import { ID_PATTERN } from '../shared/validators/id-field';
import { faultOfText } from '../shared/text-rule';

/** An id that cannot be one names nothing: 404 before Postgres has to refuse it. */
class IdPipe implements PipeTransform<string, string> {
  constructor(private readonly noun: string) {}

  transform(id: string): string {
    if (!ID_PATTERN.test(id)) throw new NotFoundError(this.noun, id);
    return id;
  }
}

class NamePipe implements PipeTransform<string, string> {
  constructor(private readonly noun: string) {}

  transform(name: string): string {
    if (faultOfText(name, { most: 1000 }) !== undefined) throw new NotFoundError(this.noun, name);
    return name;
  }
}

class ControllerIdPipe implements PipeTransform<string, string> {
  transform(controllerId: string): string {
    const fault = faultOfControllerId(controllerId);
    if (fault !== undefined) throw new FieldError('controllerId', fault);
    return controllerId;
  }
}

/** The path's `:id` of a `noun`. */
export function IdParam(noun: string): ParameterDecorator {
  return Param('id', new IdPipe(noun));
}

/** A name in the path. */
export function NameParam(param: string, noun: string): ParameterDecorator {
  return Param(param, new NamePipe(noun));
}

/** The path's `:controllerId`. */
export function ControllerIdParam(): ParameterDecorator {
  return Param('controllerId', new ControllerIdPipe());
}
