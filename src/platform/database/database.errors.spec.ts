import { isDatabaseUnavailable, isRestartable, sqlStateOf, violatedConstraint } from './database.errors';

const withCode = (code: string, more: object = {}): Error =>
  Object.assign(new Error(code), { code, ...more });

describe('sqlStateOf', () => {
  it.each([
    ['the error itself', withCode('40001'), '40001'],
    [
      'what TypeORM wraps',
      Object.assign(new Error('QueryFailedError'), { driverError: withCode('23505') }),
      '23505',
    ],
    [
      'the first of several (IPv6 and IPv4 both refused)',
      new AggregateError([withCode('ECONNREFUSED'), withCode('EHOSTUNREACH')]),
      'ECONNREFUSED',
    ],
    ['no state', new Error('x'), undefined],
    ['a code that is a number', Object.assign(new Error('x'), { code: 7 }), undefined],
    ['nothing', undefined, undefined],
    ['null', null, undefined],
    ['a text', '40001', undefined],
    ['an empty aggregate', new AggregateError([]), undefined],
  ])('reads %s', (_what, error, state) => {
    expect(sqlStateOf(error)).toBe(state);
  });
});

describe('isRestartable', () => {
  it.each([
    ['40001', true],
    ['40P01', true],
    ['23505', false],
    ['57014', false],
    ['ECONNRESET', false],
  ])('%s: %s', (code, expected) => {
    expect(isRestartable(withCode(code))).toBe(expected);
  });
});

describe('isDatabaseUnavailable', () => {
  it.each([
    'ECONNREFUSED',
    'ECONNRESET',
    'EPIPE',
    'ETIMEDOUT',
    '53100',
    '53300',
    '57P01',
    '57P03',
    '25P03',
    '08000',
    '08006',
  ])('%s: there is no answer now', (code) => {
    expect(isDatabaseUnavailable(withCode(code))).toBe(true);
  });

  it.each([
    'Connection terminated unexpectedly',
    'timeout exceeded when trying to connect',
    'Query read timeout',
    'Query runner already released. Cannot run queries anymore.',
  ])('"%s": there is no answer now', (message) => {
    expect(isDatabaseUnavailable(new Error(message))).toBe(true);
  });

  it.each(['40001', '40P01'])('%s: every race was lost, which is busy and not broken', (code) => {
    expect(isDatabaseUnavailable(withCode(code))).toBe(true);
  });

  it.each([
    withCode('23505'),
    withCode('42P01'),
    withCode('08P01'),
    new Error('boom'),
    'ECONNREFUSED',
    undefined,
  ])('%s: the request itself is wrong, or we are', (error) => {
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});

describe('violatedConstraint', () => {
  it('names it, also through TypeORM', () => {
    const driverError = withCode('23505', { constraint: 'feed_name_unique' });
    expect(violatedConstraint(driverError)).toBe('feed_name_unique');
    expect(violatedConstraint(Object.assign(new Error('wrapped'), { driverError }))).toBe('feed_name_unique');
    expect(violatedConstraint(withCode('23514', { constraint: 'rollout_cap_check' }))).toBe(
      'rollout_cap_check',
    );
  });

  it('names none for other errors', () => {
    expect(violatedConstraint(withCode('40001', { constraint: 'x' }))).toBeUndefined();
    expect(violatedConstraint(withCode('23502'))).toBeUndefined();
    expect(violatedConstraint(new Error('x'))).toBeUndefined();
    expect(violatedConstraint(undefined)).toBeUndefined();
  });
});
