import { gzipSync } from 'node:zlib';
import { group, loosenWhenLong, type Mutation } from './mutation';
import { removeHeader, setHeader } from './request';

const ACCEPTS = [
  ...[
    '',
    '*/*',
    '*',
    'application/json',
    'application/cbor',
    'application/hal+json',
    'text/html',
    'application/atom+xml',
  ],
  ...[
    'application/json;q=0',
    'application/json;q=2, */*;q=x',
    'application/*;q=0.5, */*;q=0.1',
    ';',
    ',',
    ',,,',
    '/',
    'a/b/c',
  ],
  ...[
    'application/json;charset=utf-16',
    'APPLICATION/JSON',
    'application/json;q=',
    'application/cbor;q=1e-999',
    '*/json',
    '\xff',
  ],
  ...[
    'application/cbor, application/json;q=0.9',
    'a,'.repeat(1500),
    `application/json;${'a=b;'.repeat(800)}`,
    'q=1;application/json',
  ],
];
const TYPES = [
  ...[
    '',
    'application/json',
    'application/cbor',
    'application/hal+json',
    'text/plain',
    'application/json; charset=utf-8',
  ],
  ...[
    'application/json; charset=utf-16le',
    'application/json; charset=iso-8859-1',
    'application/json; charset="',
    'application/jsonx',
  ],
  ...[
    'APPLICATION/JSON',
    ' application/json',
    'application/json ;',
    'application/json, application/cbor',
    'application',
    '/',
    ';',
    '\xff',
  ],
  ...[
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'application/x-www-form-urlencoded',
    'application/json\tx',
    'x'.repeat(3000),
  ],
];
const ENCODINGS = [
  'gzip',
  'br',
  'deflate',
  'identity',
  'gzip, gzip',
  'x-gzip',
  'chunked',
  'zstd',
  '',
  '*',
  '\xff',
  'compress',
];
/** Nothing here tells how long the request is, or that a server must do something else with it. */
const STRANGERS: readonly (readonly [string, string])[] = [
  ...([
    ['Cookie', 'a=b; __proto__=x'],
    ['Origin', 'null'],
    ['Max-Forwards', '0'],
    ['TE', 'trailers, gzip'],
    ['Trailer', 'Content-Length'],
    ['Via', '1.1 a, 1.1 b'],
    ['X-HTTP-Method-Override', 'DELETE'],
    ['X-Original-URL', '/api/v1/devices'],
    ['X-Rewrite-URL', '/api/v1/devices'],
    ['Accept-Encoding', 'gzip, br;q=0, *'],
    ['Accept-Charset', 'utf-16'],
    ['Accept-Language', '*;q=\xff'],
    ['Content-Length-', '5'],
    ['Content-MD5', 'x'],
    ['Content-Range', 'bytes 0-4/5'],
    ['Content-Language', 'de'],
    ['Content-Location', '/'],
    ['Cache-Control', 'no-store, max-age=-1'],
    ['Pragma', 'no-cache'],
    ['Prefer', 'return=minimal'],
    ['Sec-Fetch-Mode', 'navigate'],
    ['Access-Control-Request-Method', 'PUT'],
    ['Date', 'yesterday'],
    ['From', '\xff@\xff'],
    ['HTTP2-Settings', 'AAMAAABkAAQAAP__'],
    ['__proto__', 'x'],
    ['constructor', 'x'],
    ['Proxy-Connection', 'keep-alive'],
    ['Keep-Alive', 'timeout=0, max=0'],
    ['Idempotency-Key', 'x'],
    ['Rookery-Tenant', 'OTHER'],
  ] as const),
];
const AGENTS = [
  '',
  '\xff\xfe\xe4',
  'x'.repeat(256),
  'x'.repeat(5000),
  '%00',
  '${jndi:ldap://x}',
  "'; DROP TABLE device; --",
];
/** Heads that no server may take; or that it may understand in more than one way. */
const BROKEN_LINES: readonly (readonly [string, string])[] = [
  ['A B', 'c'],
  ['', 'x'],
  ['A\x00', 'b'],
  ['A', 'b\x00c'],
  ['A', 'b\rc'],
  ['A', 'b\nC: d'],
  ['A', 'b\r\n folded'],
  ['A', '\x01\x02'],
  ['A ', 'b'],
  ['\xff', 'x'],
  ['(A)', 'x'],
  ['A', '\x7f'],
  ['Host', 'a\r\nHost: b'],
];

/** What stands in the head besides. */
export const HEADER_MUTATIONS: readonly Mutation[] = [
  ...group('header', {
    accept: (draft, { chance }) => setHeader(draft, 'Accept', chance.pick(ACCEPTS)),
    'accept twice': (draft, { chance }) => {
      draft.headers.push(['Accept', chance.pick(ACCEPTS)], ['Accept', chance.pick(ACCEPTS)]);
    },
    'content type': (draft, { chance }) => setHeader(draft, 'Content-Type', chance.pick(TYPES)),
    'content type twice': (draft, { chance }) => draft.headers.push(['Content-Type', chance.pick(TYPES)]),
    'no content type': (draft) => removeHeader(draft, 'Content-Type'),
    'content encoding': (draft, { chance }) => setHeader(draft, 'Content-Encoding', chance.pick(ENCODINGS)),
    'really zipped': (draft) => {
      setHeader(draft, 'Content-Encoding', 'gzip');
      draft.body = gzipSync(draft.body);
    },
    stranger: (draft, { chance }) => draft.headers.push(chance.pick(STRANGERS)),
    'user agent': (draft, { chance }) => setHeader(draft, 'User-Agent', chance.pick(AGENTS)),
    doubled: (draft, { chance }) => draft.headers.push(chance.pick(draft.headers)),
    dropped: (draft, { chance }) => void draft.headers.splice(chance.below(draft.headers.length), 1),
    'in another case': (draft) => {
      draft.headers = draft.headers.map(([name, value]) => [name.toUpperCase(), value]);
    },
    expectation: (draft, { chance }) => {
      setHeader(
        draft,
        'Expect',
        chance.pick(['100-continue', '100-Continue', '200-maybe', '', '100-continue, x']),
      );
    },
    connection: (draft, { chance }) => {
      const values = [
        'close',
        'keep-alive',
        'close, keep-alive',
        'x',
        '',
        'authorization',
        'content-length',
        'te',
      ];
      setHeader(draft, 'Connection', chance.pick(values));
    },
    upgrade: (draft, { chance }) => {
      draft.headers.push(
        ['Connection', 'Upgrade'],
        ['Upgrade', chance.pick(['h2c', 'websocket', 'TLS/1.0', ''])],
      );
      draft.framing = 'loose';
    },
    host: (draft, { chance }) => {
      removeHeader(draft, 'Host');
      const hosts = [
        '',
        'a b',
        '\xff',
        'a:99999',
        '[::1',
        'x'.repeat(2000),
        'a, b',
        '"><script>',
        'a/b',
        "a'b",
        'localhost:80',
      ];
      if (chance.happens(0.7)) draft.headers.push(['Host', chance.pick(hosts)]);
    },
    many: (draft, { chance }) => {
      const count = chance.pick([50, 300, 1200, 2500]);
      for (let n = 0; n < count; n += 1) draft.headers.push([`X-${n}`, '']);
      loosenWhenLong(draft, count * 9);
    },
    long: (draft, { chance }) => {
      const length = chance.pick([4000, 9000, 17_000, 100_000]);
      draft.headers.push(['X-Long', chance.pick(['x', '\xff', ',']).repeat(length)]);
      loosenWhenLong(draft, length);
    },
    broken: (draft, { chance }) => {
      draft.headers.splice(chance.below(draft.headers.length + 1), 0, chance.pick(BROKEN_LINES));
      draft.framing = 'loose';
    },
  }),
];
