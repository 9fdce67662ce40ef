/** SQLSTATEs after which the whole unit of work may be run again (serialization failure, deadlock). */
const RESTARTABLE = new Set(['40001', '40P01']);
const DISK_FULL = '53100';
/** SQLSTATEs and socket errors that say "no answer from the database now", not "your statement is wrong". */
const UNAVAILABLE = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EHOSTUNREACH',
  '53300',
  DISK_FULL,
  // Lost every race, six times over: busy, not broken.
  '40001',
  '40P01',
  // We stood still within a transaction, and Postgres has ended it.
  '25P03',
  '57014',
  '57P01',
  '57P02',
  '57P03',
]);
/** Of class 08, but a fault of ours: a statement that was given too few or too many parameters. */
const BROKEN_PROTOCOL = '08P01';
const UNAVAILABLE_TEXT = new RegExp(
  [
    'Connection terminated',
    'timeout exceeded when trying to connect',
    'Client has encountered a connection error',
    'not queryable',
    'Query read timeout',
    'Cannot use a pool after calling end',
    // TypeORM's word for a transaction whose connection was lost between two statements.
    'Query runner already released',
  ].join('|'),
);

/** The SQLSTATE or socket code of an error, also when TypeORM or an AggregateError wraps it. */
export function sqlStateOf(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { code, driverError, errors } = error as { code?: unknown; driverError?: unknown; errors?: unknown };
  if (typeof code === 'string') return code;
  return sqlStateOf(driverError ?? (Array.isArray(errors) ? errors[0] : undefined));
}

export function isRestartable(error: unknown): boolean {
  return RESTARTABLE.has(sqlStateOf(error) ?? '');
}

/** True when the database could not answer: the caller should come back, nothing is known to be wrong with the request. */
export function isDatabaseUnavailable(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (
    state !== undefined &&
    (UNAVAILABLE.has(state) || (state.startsWith('08') && state !== BROKEN_PROTOCOL))
  )
    return true;
  return error instanceof Error && UNAVAILABLE_TEXT.test(error.message);
}

/** True when the disk of the database has no room left; also {@link isDatabaseUnavailable}, since room can be made. */
export function isDatabaseFull(error: unknown): boolean {
  return sqlStateOf(error) === DISK_FULL;
}

/** The name of the violated unique or check constraint, for repositories that turn it into their own refusal. */
export function violatedConstraint(error: unknown): string | undefined {
  const state = sqlStateOf(error);
  if (state?.startsWith('23') !== true) return undefined;
  const { constraint, driverError } = error as { constraint?: string; driverError?: { constraint?: string } };
  return constraint ?? driverError?.constraint;
}
