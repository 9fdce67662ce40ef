/**
 * What went wrong with the embedded Postgres, worded for the person who has to repair it; `cause` has the
 * rest.
 */
export class EmbeddedPostgresError extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'EmbeddedPostgresError';
  }
}

/** The text of anything that may be thrown, `undefined` included. */
export function messageOf(error: unknown): string {
  // By shape and not by instanceof: under jest the errors of Node's own modules come from another realm.
  const { message, errors } = asFields(error);
  if (Array.isArray(errors) && !message) return errors.map(messageOf).join('; ');
  return typeof message === 'string' ? message : String(error);
}

/** Leaves our own errors as they are and gives every other one a sentence that says what was being done. */
export function explained(what: string, error: unknown): EmbeddedPostgresError {
  if (error instanceof EmbeddedPostgresError) return error;
  return new EmbeddedPostgresError(`${what}: ${messageOf(error)}`, error);
}

/** True for a file system, process or database error with one of these codes (such as `ENOENT`). */
export function hasCode(error: unknown, ...codes: string[]): boolean {
  const { code } = asFields(error);
  return typeof code === 'string' && codes.includes(code);
}

function asFields(error: unknown): { message?: unknown; errors?: unknown; code?: unknown } {
  return typeof error === 'object' && error !== null ? error : {};
}
