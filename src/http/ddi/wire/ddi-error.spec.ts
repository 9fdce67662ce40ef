import {
  MethodNotAllowedException,
  NotAcceptableException,
  PayloadTooLargeException,
  UnauthorizedException,
  UnsupportedMediaTypeException,
} from '@nestjs/common';
import { ActionGoneError, LogFullError } from '../../../modules/actions/actions.errors';
import { TooManyAttributesError } from '../../../modules/devices/devices.errors';
import { NotCancellingError, NotForDeviceError } from '../../../modules/updates/updates.errors';
import { BatchOverflowError } from '../../../platform/database/micro-batch';
import { FieldError, NotFoundError } from '../../../platform/errors/domain.error';
import { BlobMissingError } from '../../../platform/storage/storage.errors';
import { ddiErrorOf, InvalidAttributeError, UnreadableBodyError } from './ddi-error';

const EXCEPTIONS = 'org.eclipse.hawkbit.repository.exception';

/** Error, status, exceptionClass and the end of errorCode; undefined where hawkBit's word does not matter. */
const KNOWN: readonly [Error, number, string | undefined, string | undefined][] = [
  [
    new UnreadableBodyError('x'),
    400,
    'org.eclipse.hawkbit.rest.exception.MessageNotReadableException',
    'rest.body.notReadable',
  ],
  [
    new InvalidAttributeError('x'),
    400,
    `${EXCEPTIONS}.InvalidTargetAttributeException`,
    'repo.invalidTargetAttributes',
  ],
  [new ActionGoneError('1'), 410, undefined, undefined],
  [new NotCancellingError('1'), 405, undefined, 'action.notCancelable'],
  [
    new TooManyAttributesError(100),
    429,
    `${EXCEPTIONS}.AssignmentQuotaExceededException`,
    'quota.tooManyEntries',
  ],
  [
    new LogFullError('1', 1000),
    429,
    `${EXCEPTIONS}.AssignmentQuotaExceededException`,
    'quota.tooManyEntries',
  ],
  [new BlobMissingError('a'.repeat(64)), 410, undefined, 'artifact.binaryDeleted'],
  [new NotForDeviceError('action', '1'), 404, `${EXCEPTIONS}.EntityNotFoundException`, 'repo.entityNotFound'],
  [new NotFoundError('release', '1'), 404, undefined, 'repo.entityNotFound'],
  [new FieldError('a', 'b'), 400, undefined, 'repo.constraintViolation'],
];

const OF_THE_FRAMEWORK: readonly [Error, number][] = [
  [new UnauthorizedException(), 401],
  [new MethodNotAllowedException(), 405],
  [new NotAcceptableException(), 406],
  [new UnsupportedMediaTypeException(), 415],
  [new PayloadTooLargeException(), 413],
];

describe('ddiErrorOf', () => {
  it.each(KNOWN)('%o becomes %i', (error, status, exceptionClass, code) => {
    const known = ddiErrorOf(error, false);
    expect(known?.status).toBe(status);
    // Exactly the three keys that hawkBit's own tests ask for.
    expect(known?.body).toEqual({
      exceptionClass: exceptionClass ?? expect.any(String),
      errorCode: code === undefined ? expect.any(String) : `hawkbit.server.error.${code}`,
      message: error.message,
    });
  });

  it.each(OF_THE_FRAMEWORK)('%o has no body', (error, status) => {
    expect(ddiErrorOf(error, false)).toEqual({ status });
  });

  it.each([
    ['a refused connection', Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })],
    ['a shutdown of Postgres', Object.assign(new Error('terminating'), { code: '57P01' })],
    ['a pool that gives no connection', new Error('timeout exceeded when trying to connect')],
    ['a queue that is full', new BatchOverflowError('too many reads are waiting')],
  ])('asks a poll back with 503 and a report with 429 after %s', (_what, error) => {
    for (const [isReport, status] of [
      [false, 503],
      [true, 429],
    ] as const) {
      const known = ddiErrorOf(error, isReport);
      expect(known?.status).toBe(status);
      expect(known?.body).toBeUndefined();
      expect(known?.retryAfterSeconds).toBeGreaterThanOrEqual(5);
      expect(known?.retryAfterSeconds).toBeLessThanOrEqual(30);
    }
  });

  it('spreads the return of a fleet', () => {
    const waits = Array.from(
      { length: 100 },
      () => ddiErrorOf(new BatchOverflowError(''), false)?.retryAfterSeconds,
    );
    expect(new Set(waits).size).toBeGreaterThan(5);
  });

  it.each([new Error('boom'), new TypeError('x'), 'text', undefined, null, { code: '23505' }])(
    'calls %o a fault of ours',
    (error) => {
      expect(ddiErrorOf(error, true)).toBeUndefined();
    },
  );
});
