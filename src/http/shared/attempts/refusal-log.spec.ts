import { Logger } from '@nestjs/common';
import { RefusalLog } from './refusal-log';

it('tells once a minute how many were refused', () => {
  const lines: string[] = [];
  const logger = new Logger();
  jest.spyOn(logger, 'warn').mockImplementation((line: unknown) => void lines.push(String(line)));
  const log = new RefusalLog(logger, 'were refused');
  for (const nowMs of [0, 10, 59_999, 60_000, 60_001]) log.note('192.0.2.0', nowMs);
  expect(lines).toEqual([
    '1 were refused, the last one from 192.0.2.0',
    '3 were refused, the last one from 192.0.2.0',
  ]);
});
