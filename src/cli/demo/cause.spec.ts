import { causeOf, countCauses } from './cause';
import type { LogEntry } from './staging/management';

const device = (status: string, ...messages: string[]): LogEntry => ({ source: 'device', status, messages });
const server = (status: string, ...messages: string[]): LogEntry => ({ source: 'server', status, messages });

describe('the cause of a failure', () => {
  it.each([
    [
      'the first line of the closing report',
      [device('closed/failure', 'No space left', 'aborting')],
      'No space left',
    ],
    [
      'not what came after the end',
      [device('closed/failure', 'No space left'), device('proceeding', 'late line')],
      'No space left',
    ],
    ['nothing unprintable', [device('closed/failure', '\u001b[2J\n', 'bad image')], '[2J'],
    ['the status of a device without words', [device('closed/failure')], 'closed/failure, without a word'],
    [
      'the word of the server where no device spoke',
      [server('timed-out', 'No word for 1h')],
      'No word for 1h',
    ],
    ['nobody’s for an empty log', [], 'nobody said why'],
  ])('is %s', (_what, log, cause) => {
    expect(causeOf(log)).toBe(cause);
  });

  it('is counted, the most frequent first', () => {
    expect(countCauses(['b', 'c', 'a', 'c'])).toEqual([
      { text: 'c', devices: 2 },
      { text: 'a', devices: 1 },
      { text: 'b', devices: 1 },
    ]);
  });
});
