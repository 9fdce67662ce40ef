import { applyDecorators, createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Request } from 'express';
import { FieldError } from '../../platform/errors/domain.error';
import { Refuses } from './problems/refuses.decorator';

/** The revision that the caller read, from If-Match; undefined when any will do. */
export const IfMatch = createParamDecorator((_unused: unknown, context: ExecutionContext) =>
  revisionOf(context.switchToHttp().getRequest<Request>().headers['if-match']),
);

/** Says in the OpenAPI document that the handler takes If-Match. */
export function TakesIfMatch(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: 'The ETag that was read; 412 when the resource has changed since.',
      schema: { type: 'string', example: '"7"' },
    }),
    Refuses(412),
  );
}

/** A weak tag never matches (RFC 9110 13.1.1), so it stays as it is and equals no revision. */
function revisionOf(header: string | undefined): string | undefined {
  if (header === undefined || header.trim() === '*') return undefined;
  const match = /^\s*(W\/)?"([\x21\x23-\x7e]*)"\s*$/.exec(header);
  if (match === null)
    throw new FieldError('If-Match', 'must be one ETag as it was read, quotes included, such as "7"');
  return match[1] === undefined ? match[2] : header.trim();
}

/** For resources that count revisions in numbers: NaN, which equals nothing, for a tag that is none. */
export function revisionNumber(revision: string | undefined): number | undefined {
  if (revision === undefined) return undefined;
  return /^[1-9]\d{0,14}$/.test(revision) ? Number(revision) : Number.NaN;
}
