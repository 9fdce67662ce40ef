import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { mendFeedback } from './mend-feedback';

const FEEDBACK = join(__dirname, '../../../../test/fixtures/feedback');
const fixture = (name: string): string => readFileSync(join(FEEDBACK, `${name}.txt`), 'utf8');

/** As SWUpdate prints its final report: the words go between the quotes as they are. */
const swupdate = (raw: string): string =>
  `{ "id": 42, "time": "20261120T233639", "status": { "result": { "progress": { "cnt" : 0, "of" : 1 }, ` +
  `"finished": "failure" }, "execution": "closed", "details" : [ ${raw} ] } }`;

const mended = (details: string[]): unknown => ({
  id: 42,
  time: '20261120T233639',
  status: {
    result: { progress: { cnt: 0, of: 1 }, finished: 'failure' },
    execution: 'closed',
    details,
  },
});

describe('mendFeedback', () => {
  it("keeps the device's words across a raw newline", () => {
    expect(mendFeedback(fixture('swupdate-INVALID-raw-newline'))).toEqual(
      mended(['No artifact download URL reported by server.', 'No suitable .swu image found']),
    );
  });

  it("keeps the device's words around a quote", () => {
    expect(mendFeedback(fixture('swupdate-INVALID-unescaped-quote'))).toMatchObject({
      status: {
        execution: 'closed',
        result: { finished: 'failure' },
        details: [
          'ERROR : Required image file ro"ot .img missing...aborting !',
          'No suitable .swu image found',
        ],
      },
    });
  });

  it.each([
    ['"a\tb"', ['a b']],
    ['"C:\\dir"', ['C:\\dir']],
    ['"brackets [x] ] } }"', ['brackets [x] ] } }']],
    ['"names "details" : [ itself"', ['names "details" : [ itself']],
    ['"one", "t"wo" ,"three"', ['one', 't"wo', 'three']],
    ['"ends in a quote""', ['ends in a quote"']],
    ['""', ['']],
    ['', []],
    ['bare words', ['bare words']],
  ])('understands the details %j', (raw, details) => {
    expect(mendFeedback(swupdate(raw))).toEqual(mended(details));
  });

  it('finds again whatever words were pasted in, up to white space', () => {
    const word = fc
      .string({ unit: 'grapheme', maxLength: 60 })
      .map((text) => text.replace(/\s+/g, ' ').trim());
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (words) => {
        fc.pre(words.every((text) => !/"\s*,\s*"|^\s*,|,\s*$/.test(text)));
        const raw = words.map((text) => `"${text}"`).join(',');
        expect(mendFeedback(swupdate(raw))).toEqual(mended(words));
      }),
    );
  });

  it.each([
    ['cut within the details', fixture('swupdate-INVALID-raw-newline').slice(0, 170)],
    ['cut before the last brace', fixture('swupdate-INVALID-raw-newline').trimEnd().slice(0, -1)],
    ['without details', '{ "status": { "execution": "closed", "result": { "finished": "failure" } '],
    ['broken before the details', swupdate('"a"').replace('"closed"', 'closed"')],
    ['with more behind the details', swupdate('"a"b"').replace('] } }', '], "code": 1 } }')],
    ['empty', ''],
    ['a closing only', '] } }'],
    ['an opening only', '{"details":['],
    ['brackets in the wrong order', ' ] {"details":[ } } '],
  ])('does not mend a body that is %s', (_what, body) => {
    expect(mendFeedback(body)).toBeUndefined();
  });

  it('never mends a body cut short anywhere', () => {
    const whole = fixture('swupdate-INVALID-unescaped-quote').trimEnd();
    for (let length = 0; length < whole.length; length += 1)
      expect([length, mendFeedback(whole.slice(0, length))]).toEqual([length, undefined]);
  });
});

describe('a hostile body of 4 MiB', () => {
  /** Sixteen times what is let in: a reader that goes back for every byte would not end. */
  const SIZE = 4 * 1024 * 1024;
  const fill = (piece: string, length: number): string => piece.repeat(Math.floor(length / piece.length));

  it.each([
    ['many openings and many brackets', fill('"details":[', SIZE / 2) + fill(']', SIZE / 2)],
    ['many openings with space', `{${fill('"details"   :   ', SIZE)}`],
    ['many closings', `{"details":["${fill('] } } x', SIZE)}`],
    ['space behind a bracket', `{"details":["]${' '.repeat(SIZE)}x`],
    ['space behind a closing', `{"details":["] } }${' '.repeat(SIZE)}x`],
    ['space within the details', `{"details":["${' '.repeat(SIZE)}x] } }`],
    ['many separators', `{"details":["${fill('" , ', SIZE)}x" ] } }`],
    ['many details', `{"details":["${fill('","', SIZE)}x" ] } }`],
    ['deep nesting', `{"details":[${'['.repeat(SIZE)} ] } }`],
  ])('is judged in the end: %s', (_what, body) => {
    expect(() => mendFeedback(body)).not.toThrow();
  });

  it('is judged in the end, whatever repeats in it', () => {
    const piece = fc.constantFrom('"', ' ', ',', '{', '}', '[', ']', ':', '"details"', '\n', 'x', '\\');
    const block = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
    fc.assert(
      fc.property(fc.array(block, { minLength: 1, maxLength: 4 }), (blocks) => {
        const body = blocks.map((one) => fill(one, SIZE / blocks.length)).join('');
        expect(() => mendFeedback(body)).not.toThrow();
      }),
      { numRuns: 100 },
    );
  });
});
