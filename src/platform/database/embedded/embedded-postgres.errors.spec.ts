import { EmbeddedPostgresError, explained, hasCode, messageOf } from './embedded-postgres.errors';

describe('messageOf', () => {
  it('has a text for whatever is thrown', () => {
    expect(messageOf(undefined)).toBe('undefined');
    expect(messageOf('broken')).toBe('broken');
    expect(messageOf(new Error('broken'))).toBe('broken');
  });

  it('tells the parts of an aggregate that says nothing itself', () => {
    expect(messageOf(new AggregateError([new Error('v6'), new Error('v4')]))).toBe('v6; v4');
  });
});

describe('explained', () => {
  it('keeps our own errors and names the activity for others', () => {
    const own = new EmbeddedPostgresError('the disk is full');
    expect(explained('Starting', own)).toBe(own);
    expect(explained('Starting', undefined)).toMatchObject({ message: 'Starting: undefined' });
  });
});

describe('hasCode', () => {
  it('is true only for the codes asked for', () => {
    expect(hasCode(Object.assign(new Error('x'), { code: 'ENOENT' }), 'EACCES', 'ENOENT')).toBe(true);
    expect(hasCode(new Error('ENOENT'), 'ENOENT')).toBe(false);
    expect(hasCode(null, 'ENOENT')).toBe(false);
  });
});
