import { STATUS_CODES } from 'node:http';
import { ApiSchema } from '@nestjs/swagger';
import { ShowsCount, ShowsMap, ShowsText, type Shown } from '../../shared/shown-field';

/** Why a request was refused (RFC 9457). */
@ApiSchema({ name: 'Problem' })
export class Problem {
  @ShowsText({ example: 'about:blank' })
  type!: string;

  @ShowsText({ description: 'What the status means.', example: 'Conflict' })
  title!: string;

  @ShowsCount({ example: 409 })
  status!: number;

  @ShowsText({ optional: true, description: 'What is wrong, for a person.' })
  detail?: string;

  @ShowsText({ description: 'Stable, for programs.', example: 'release_exists' })
  code!: string;

  @ShowsText({
    optional: true,
    description: 'The path, or the id of the request that an operator finds in the log.',
  })
  instance?: string;

  @ShowsMap('string', { optional: true, description: 'Which fields were wrong and why.' })
  errors?: Readonly<Record<string, string>>;
}

/** A refusal before it is written: what the body says and which headers go with it. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly detail?: string;
  readonly errors?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export function problemOf(refusal: Refusal, instance: string): Shown<Problem> {
  const { status, code, detail, errors } = refusal;
  return {
    type: 'about:blank',
    title: STATUS_CODES[status] ?? 'Error',
    status,
    ...(detail === undefined ? {} : { detail }),
    code,
    instance,
    ...(errors === undefined ? {} : { errors }),
  };
}

/** `Not Found` → `not_found`: the code of refusals that have no better one. */
export function codeOfStatus(status: number): string {
  return (STATUS_CODES[status] ?? 'error').toLowerCase().replace(/[^a-z]+/g, '_');
}
