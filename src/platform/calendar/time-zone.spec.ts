import fc from 'fast-check';
import { FieldError } from '../errors/domain.error';
import { parseTimeZone, timeZoneText } from './time-zone';

describe('a time zone', () => {
  it.each([
    ['+02:00', { utcOffset: 120 }],
    ['-03:30', { utcOffset: -210 }],
    ['+00:00', { utcOffset: 0 }],
    ['Z', { utcOffset: 0 }],
    ['+14:00', { utcOffset: 840 }],
    [' Europe/Berlin ', { timezone: 'Europe/Berlin' }],
    ['europe/berlin', { timezone: 'Europe/Berlin' }],
    ['UTC', { timezone: 'UTC' }],
  ])('%j', (text, zone) => expect(parseTimeZone(text)).toEqual(zone));

  it.each([
    '',
    '+2:00',
    '+02',
    '+14:01',
    '-99:00',
    '+02:60',
    'Europe/Atlantis',
    '02:00',
    'x'.repeat(70),
    '\u0000',
  ])('refuses %j', (text) => {
    expect(() => parseTimeZone(text)).toThrow(FieldError);
    expect(() => parseTimeZone(text)).toThrow(/^timezone has ".*": allowed are /);
  });

  it('is read or refused with a FieldError, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[+-]?[0-9A-Za-z/:]{0,8}$/)), (text) => {
        try {
          parseTimeZone(text);
        } catch (error) {
          expect(error).toBeInstanceOf(FieldError);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('timeZoneText', () => {
  it.each([
    ['Z', '+00:00'],
    ['+05:30', '+05:30'],
    ['-09:30', '-09:30'],
    ['-00:30', '-00:30'],
    ['europe/berlin', 'Europe/Berlin'],
  ])('%s is stored as %s', (written, stored) => {
    expect(timeZoneText(parseTimeZone(written))).toBe(stored);
  });
});
