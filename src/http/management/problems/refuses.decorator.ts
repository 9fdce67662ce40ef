import { STATUS_CODES } from 'node:http';
import { applyDecorators } from '@nestjs/common';
import { ApiResponse, getSchemaPath } from '@nestjs/swagger';
import { Problem } from './problem';

/** Says in the OpenAPI document with which statuses a handler refuses. */
export function Refuses(...statuses: readonly number[]): MethodDecorator {
  return applyDecorators(
    ...statuses.map((status) =>
      ApiResponse({ status, description: STATUS_CODES[status] ?? 'Refused', content: problemContent() }),
    ),
  );
}

/** The body of every refusal. */
export function problemContent(): Record<string, { schema: { $ref: string } }> {
  return { 'application/problem+json': { schema: { $ref: getSchemaPath(Problem) } } };
}
