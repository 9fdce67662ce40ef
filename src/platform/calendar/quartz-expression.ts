import { FieldError } from '../errors/domain.error';
import { foundIn, numbersOf, refuse, valueOf, type CronField } from './cron-field';

const MAX_LENGTH = 200;
const PLAIN = 'lists (1,2), ranges (1-5) and steps (1/15) of them, *';

function field(name: string, bounds: readonly [number, number], more: Partial<CronField> = {}): CronField {
  const [min, max] = bounds;
  return { name, min, max, allowed: `${min}-${max}, ${PLAIN}`, isRound: true, ...more };
}

const SECOND = field('1, the second', [0, 59]);
const MINUTE = field('2, the minute', [0, 59]);
const HOUR = field('3, the hour', [0, 23]);
const DAY_OF_MONTH = field('4, the day of month', [1, 31], {
  allowed: `1-31, ${PLAIN}, L (the last day), 15W (the weekday nearest to the 15th), LW on its own, ?`,
});
const MONTH = field('5, the month', [1, 12], {
  allowed: `1-12, JAN-DEC, ${PLAIN}`,
  words: ['JAN', 'FEB', 'MAR', 'APR', 'MAY', 'JUN', 'JUL', 'AUG', 'SEP', 'OCT', 'NOV', 'DEC'],
});
const DAY_OF_WEEK = field('6, the day of week', [1, 7], {
  allowed: `1-7 from Sunday on, SUN-SAT, ${PLAIN}, 6L (the last Friday), 6#3 (the third Friday), L (Saturday), ?`,
  words: ['SUN', 'MON', 'TUE', 'WED', 'THU', 'FRI', 'SAT'],
});
const YEAR = field('7, the year', [1970, 2099], { isRound: false });

/**
 * Checks a Quartz cron expression (second minute hour day-of-month month day-of-week [year]) and writes it in croner's
 * dialect: seven fields of plain numbers, weekdays still from 1 = Sunday. Only an hour field that holds all hours stays
 * `*`, since that is how croner tells a schedule of certain hours from one that goes on through all of them. The year
 * is always bounded, and with it the search for a date that never comes (30 February).
 */
export function cronerPattern(expression: string): string {
  const [second, minute, hour, dayOfMonth, month, dayOfWeek, year] = partsOf(expression);
  if ((dayOfMonth === '?') === (dayOfWeek === '?')) {
    const both = `${foundIn(DAY_OF_MONTH, dayOfMonth)}, and ${foundIn(DAY_OF_WEEK, dayOfWeek)}`;
    throw new FieldError('schedule', `has ${both}: exactly one of the two must be ?`);
  }
  return [
    numbersOf(SECOND, second).join(','),
    numbersOf(MINUTE, minute).join(','),
    hoursOf(hour),
    dayOfMonth === '?' ? '*' : daysOfMonth(dayOfMonth),
    numbersOf(MONTH, month).join(','),
    dayOfWeek === '?' ? '*' : daysOfWeek(dayOfWeek),
    year === '*' ? `${YEAR.min}-${YEAR.max}` : numbersOf(YEAR, year).join(','),
  ].join(' ');
}

type Parts = [string, string, string, string, string, string, string];

function partsOf(expression: string): Parts {
  if (expression.length > MAX_LENGTH)
    throw new FieldError('schedule', `has ${expression.length} characters: allowed are ${MAX_LENGTH}`);
  const parts = expression.toUpperCase().match(/\S+/g) ?? [];
  if (parts.length === 6) parts.push('*');
  if (parts.length !== 7) {
    const needed = 'second minute hour day-of-month month day-of-week, and a year if wanted';
    throw new FieldError('schedule', `has ${parts.length} fields: needed are ${needed}`);
  }
  return parts as unknown as Parts;
}

function hoursOf(text: string): string {
  const hours = numbersOf(HOUR, text);
  return new Set(hours).size === 24 ? '*' : hours.join(',');
}

function daysOfMonth(text: string): string {
  if (text === 'LW') return text;
  const days = text.split(',').map((item) => {
    if (item === 'L') return item;
    if (!item.endsWith('W')) return numbersOf(DAY_OF_MONTH, item).join(',');
    return `${valueOf(DAY_OF_MONTH, item.slice(0, -1)) ?? refuse(DAY_OF_MONTH, item)}W`;
  });
  return days.join(',');
}

function daysOfWeek(text: string): string {
  const days = text.split(',').map((item) => {
    if (item === 'L') return '7';
    const match = /^(\w+?)(L|#[1-5])$/.exec(item);
    if (match === null) return numbersOf(DAY_OF_WEEK, item).join(',');
    return `${valueOf(DAY_OF_WEEK, match[1] ?? '') ?? refuse(DAY_OF_WEEK, item)}${match[2] ?? ''}`;
  });
  return days.join(',');
}
