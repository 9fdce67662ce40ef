import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { UnreadableBodyError } from '../wire/ddi-error';
import { cancelReport, deploymentReport, parseFeedback, type Feedback } from './feedback-body';
import { mendFeedback } from './mend-feedback';
import { parseJson } from '../wire/request-body';

const FEEDBACK = join(__dirname, '../../../../test/fixtures/feedback');
const fixture = (name: string): string => readFileSync(join(FEEDBACK, `${name}.txt`), 'utf8');
/** As it comes in by JSON. */
const parsed = (text: string): Feedback => parseFeedback(parseJson(text, mendFeedback));

function aFeedback(changes: Partial<Feedback> = {}): Feedback {
  return { execution: 'proceeding', finished: 'none', code: undefined, details: [], ...changes };
}

function refusal(body: string): string {
  try {
    parsed(body);
  } catch (error) {
    if (error instanceof UnreadableBodyError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('bodies as real clients sent them', () => {
  const EXPECTED: Readonly<Record<string, Partial<Feedback>>> = {
    'hawkbit-rs-closed-success': { execution: 'closed', finished: 'success', details: [] },
    'hawkbit-rs-proceeding': { execution: 'proceeding', finished: 'none', details: ['Downloading'] },
    'rhu-cancel-ack': { execution: 'closed', finished: 'success', details: ['Action canceled.'] },
    'rhu-closed-failure': {
      execution: 'closed',
      finished: 'failure',
      details: ['Failed to install software bundle.'],
    },
    'rhu-closed-success': {
      execution: 'closed',
      finished: 'success',
      details: ['Software bundle installed successfully.'],
    },
    'rhu-downloaded': { execution: 'downloaded', finished: 'success', details: ['File checksum OK.'] },
    'rhu-proceeding': {
      execution: 'proceeding',
      finished: 'none',
      details: ['Download complete. 1.66 MB/s'],
    },
    'swupdate-INVALID-raw-newline': {
      execution: 'closed',
      finished: 'failure',
      details: ['No artifact download URL reported by server.', 'No suitable .swu image found'],
    },
    'swupdate-INVALID-unescaped-quote': {
      execution: 'closed',
      finished: 'failure',
      details: [
        'ERROR : Required image file ro"ot .img missing...aborting !',
        'No suitable .swu image found',
      ],
    },
    'swupdate-cancel-ack': {
      execution: 'closed',
      finished: 'success',
      details: ['cancellation acknowledged.'],
    },
    'swupdate-closed-failure': {
      execution: 'closed',
      finished: 'failure',
      details: [
        'ERROR : SW not compatible with hardware',
        'ERROR : Writing into SWUpdate IPC stream failed.',
        "ERROR : Channel operation returned error (23): 'Failed writing received data to disk/application'",
        'No suitable .swu image found',
      ],
    },
    'swupdate-closed-success': { execution: 'closed', finished: 'success', details: ['Update Installed.'] },
    'swupdate-proceeding': {
      execution: 'proceeding',
      finished: 'none',
      details: ['Installing Update Chunk Artifacts.'],
    },
    'swupdate-proceeding-log-batch': { execution: 'proceeding', finished: 'none' },
    'swupdate-skipped': { execution: 'closed', finished: 'success', details: ['Skipped Update.'] },
  };

  it.each(Object.entries(EXPECTED))('%s', (name, expected) => {
    expect(parsed(fixture(name))).toMatchObject({ code: undefined, ...expected });
  });

  it('are all listed here, apart from attributes', () => {
    const names = readdirSync(FEEDBACK).map((file) => file.replace(/\.txt$/, ''));
    expect(names.filter((name) => !name.endsWith('configData')).sort()).toEqual(Object.keys(EXPECTED).sort());
  });

  it('hold every line of a log batch, within what one feedback may hold', () => {
    const { details } = parsed(fixture('swupdate-proceeding-log-batch'));
    expect(details).toHaveLength(33);
    expect(details.length).toBeLessThanOrEqual(50);
    expect(details.at(-1)).toBe('Waiting for requests...');
  });
});

describe("SWUpdate's word for what it did not install", () => {
  const eventOf = (details: readonly string[], finished: 'success' | 'failure' = 'success'): string =>
    deploymentReport({ execution: 'closed', finished, code: undefined, details }).event;

  it('is no success, although it says so', () => {
    const { execution, finished, code, details } = parsed(fixture('swupdate-skipped'));
    expect(deploymentReport({ execution, finished, code, details }).event).toBe('skip');
    expect(eventOf(['line before', ' skipped update '])).toBe('skip');
  });

  it('is nothing but those two words', () => {
    expect(eventOf(['Skipped update of the bootloader; rootfs installed.'])).toBe('succeed');
    expect(eventOf(['Update Installed.'])).toBe('succeed');
    expect(eventOf(['Skipped Update.'], 'failure')).toBe('fail');
  });
});

describe('parseFeedback', () => {
  const body = (status: unknown): string => JSON.stringify({ status });
  const result = { finished: 'none' };

  it('takes one bare string for a list of it', () => {
    const text = body({ execution: 'proceeding', result, details: 'one' });
    expect(parsed(text).details).toEqual(['one']);
  });

  it.each([[undefined], [null], [[]], [['']]])('takes details %j for none', (details) => {
    expect(parsed(body({ execution: 'proceeding', result, details })).details).toEqual([]);
  });

  it.each([
    [-1, -1],
    [0, 0],
    [2_147_483_647, 2_147_483_647],
    [null, undefined],
    [undefined, undefined],
  ])('reads the code %j', (code, expected) => {
    expect(parsed(body({ execution: 'proceeding', result, code })).code).toBe(expected);
  });

  it('ignores what it does not know, __proto__ included', () => {
    const text =
      '{"id":"x","time":"","timestamp":"1","new":[1],"__proto__":{"a":1},' +
      '"status":{"execution":"closed","result":{"finished":"success","progress":{"cnt":"?"}},"x":1}}';
    expect(parsed(text)).toEqual(aFeedback({ execution: 'closed', finished: 'success' }));
  });

  it.each([
    ['', 'The body is not JSON.'],
    ['nonsense', 'The body is not JSON.'],
    ['null', 'the body must be an object.'],
    ['[]', 'the body must be an object.'],
    ['"closed failure"', 'the body must be an object.'],
    ['{}', 'status must be an object.'],
    ['{"__proto__":{"status":{}}}', 'status must be an object.'],
    [body([]), 'status must be an object.'],
    [body({ execution: 'closed' }), 'status.result must be an object.'],
    [body({ result }), expect.stringContaining('status.execution must be one of closed, proceeding,')],
    [body({ result, execution: '[closed]' }), expect.stringContaining('status.execution must be one of')],
    [body({ result, execution: 'CLOSED' }), expect.stringContaining('status.execution must be one of')],
    [
      body({ execution: 'closed', result: {} }),
      'status.result.finished must be one of success, failure, none.',
    ],
    [
      body({ execution: 'closed', result: { finished: ['success'] } }),
      'status.result.finished must be one of success, failure, none.',
    ],
    [body({ execution: 'closed', result, code: '1' }), 'status.code must be a whole number.'],
    [body({ execution: 'closed', result, code: 1.5 }), 'status.code must be a whole number.'],
    [body({ execution: 'closed', result, code: 2 ** 31 }), 'status.code must be a whole number.'],
    [body({ execution: 'closed', result, details: [1] }), 'status.details must be a list of strings.'],
    [body({ execution: 'closed', result, details: {} }), 'status.details must be a list of strings.'],
  ])('refuses %s', (text, message) => {
    expect(refusal(text)).toEqual(message);
  });

  it('refuses every body cut short: half a sentence may say "success"', () => {
    for (const name of ['swupdate-closed-success', 'swupdate-INVALID-raw-newline', 'rhu-closed-failure']) {
      const whole = fixture(name).trimEnd();
      for (let length = 0; length < whole.length; length += 1)
        expect(refusal(whole.slice(0, length))).toBe('The body is not JSON.');
    }
  });

  it('throws nothing but UnreadableBodyError, whatever the body', () => {
    const piece = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        '"',
        ',',
        ':',
        '"details"',
        '"status"',
        '"closed"',
        '"execution"',
        'null',
        '\\',
        '\n',
      ],
    );
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.array(piece).map((pieces) => pieces.join('')),
      fc.jsonValue().map((status) => JSON.stringify({ status })),
      fc.nat(600).map((at) => fixture('swupdate-INVALID-unescaped-quote').slice(at)),
    );
    fc.assert(
      fc.property(text, (any) => {
        try {
          const { details } = parsed(any);
          expect(details.every((detail) => typeof detail === 'string')).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(UnreadableBodyError);
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('refuses nesting of 256 KiB like any other nonsense', () => {
    expect(refusal('['.repeat(256 * 1024))).toBe('The body is not JSON.');
    expect(refusal('{"status":'.repeat(25_000))).toBe('The body is not JSON.');
  });
});

describe('deploymentReport', () => {
  it.each([
    ['closed', 'success', 'succeed', 'closed/success'],
    ['closed', 'none', 'succeed', 'closed/none'],
    ['closed', 'failure', 'fail', 'closed/failure'],
    ['proceeding', 'none', 'progress', 'proceeding'],
    ['proceeding', 'failure', 'progress', 'proceeding'],
    ['scheduled', 'none', 'progress', 'scheduled'],
    ['resumed', 'none', 'progress', 'resumed'],
    ['download', 'none', 'begin-download', 'download'],
    ['downloaded', 'success', 'finish-download', 'downloaded'],
    ['canceled', 'success', 'remark', 'canceled'],
    ['rejected', 'failure', 'remark', 'rejected'],
  ] as const)('%s with %s is %s', (execution, finished, event, status) => {
    const report = deploymentReport(aFeedback({ execution, finished, code: 7, details: ['word'] }));
    expect(report).toEqual({ event, entry: { source: 'device', status, code: 7, messages: ['word'] } });
  });
});

describe('cancelReport', () => {
  it.each([
    ['closed', 'success', 'acknowledge-cancel'],
    ['closed', 'none', 'acknowledge-cancel'],
    ['closed', 'failure', 'refuse-cancel'],
    ['rejected', 'success', 'refuse-cancel'],
    ['rejected', 'failure', 'refuse-cancel'],
    ['canceled', 'success', 'remark'],
    ['proceeding', 'none', 'remark'],
    ['scheduled', 'none', 'remark'],
    ['resumed', 'none', 'remark'],
    ['download', 'none', 'remark'],
    ['downloaded', 'success', 'remark'],
  ] as const)('%s with %s is %s', (execution, finished, event) => {
    expect(cancelReport(aFeedback({ execution, finished })).event).toBe(event);
  });
});
