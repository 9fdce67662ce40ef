import type { Chance } from './chance';
import { group, type Mutation } from './mutation';
import { setHeader, type Draft } from './request';

const LENGTHS = [
  '-1',
  '+5',
  '0x10',
  '1e3',
  '',
  ' ',
  '5,5',
  '5, 6',
  'x',
  '9007199254740993',
  '18446744073709551616',
  '5 5',
  '\xff',
  '00005',
];

function chunks(body: Buffer, chance: Chance): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length;) {
    const part = body.subarray(at, at + chance.between(1, 40));
    const extension = chance.pick(['', '', ';a=b', ';x="y"']);
    parts.push(Buffer.from(`${part.length.toString(16)}${extension}\r\n`), part, Buffer.from('\r\n'));
    at += part.length;
  }
  return Buffer.concat([...parts, Buffer.from(`0\r\n${chance.pick(['', '', 'Trailer-1: x\r\n'])}\r\n`)]);
}

function inChunks(draft: Draft, chance: Chance): void {
  setHeader(draft, 'Transfer-Encoding', 'chunked');
  draft.body = chunks(draft.body, chance);
  draft.tellsLength = false;
}

const BAD_CHUNKS = [
  ...[
    '0',
    '0\r\n',
    'x\r\n',
    '-1\r\n\r\n',
    '5\r\nab\r\n0\r\n\r\n',
    '1\r\nabc\r\n0\r\n\r\n',
    'ffffffffffffffff\r\na\r\n',
    '1\na\n0\n\n',
  ],
  ...[
    '0x1\r\na\r\n0\r\n\r\n',
    `1;${'x'.repeat(20_000)}\r\na\r\n0\r\n\r\n`,
    '0\r\nContent-Length: 5\r\n\r\n',
    '1 1\r\na\r\n0\r\n\r\n',
  ],
];
const CODINGS = [
  'identity',
  'gzip, chunked',
  'chunked, gzip',
  'chunked, chunked',
  'xchunked',
  ' chunked',
  'Chunked',
  '"chunked"',
  '',
];

const loose =
  (spoil: (draft: Draft, chance: Chance) => void): Mutation['spoil'] =>
  (draft, { chance }) => {
    spoil(draft, chance);
    draft.framing = 'loose';
  };

/** How long the body is said to be. */
export const FRAMING_MUTATIONS: readonly Mutation[] = group('framing', {
  chunked: (draft, { chance }) => inChunks(draft, chance),
  'length is odd': loose((draft, chance) => {
    draft.headers.push(['Content-Length', chance.pick(LENGTHS)]);
    draft.tellsLength = false;
  }),
  'length is wrong': loose((draft, chance) => {
    const { length } = draft.body;
    const wrong = chance.pick([0, length - 1, length + 1, length + 1000, Math.floor(length / 2)]);
    draft.headers.push(['Content-Length', String(Math.max(0, wrong))]);
    draft.tellsLength = false;
  }),
  'length twice': loose((draft, chance) => {
    draft.headers.push(['Content-Length', String(chance.pick([0, 1, draft.body.length]))]);
  }),
  'length and chunks': loose((draft, chance) => {
    const { length } = draft.body;
    inChunks(draft, chance);
    draft.headers.push(['Content-Length', String(chance.pick([0, 1, length]))]);
  }),
  'bad chunks': loose((draft, chance) => {
    inChunks(draft, chance);
    draft.body = Buffer.from(chance.pick(BAD_CHUNKS));
  }),
  'odd coding': loose((draft, chance) => {
    inChunks(draft, chance);
    setHeader(draft, 'Transfer-Encoding', chance.pick(CODINGS));
  }),
});
