import { group, loosenWhenLong, type Mutation, type Scene } from './mutation';
import type { Draft } from './request';

/** Latin-1 characters that are the bytes of an UTF-8 text. */
const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1');

const METHODS = [
  ...[
    'GET',
    'HEAD',
    'POST',
    'PUT',
    'PATCH',
    'DELETE',
    'OPTIONS',
    'TRACE',
    'PROPFIND',
    'SEARCH',
    'PURGE',
    'QUERY',
  ],
  ...['FUZZ', 'get', 'Post', 'GETT', 'G', 'M-SEARCH', 'LINK', 'MKCOL', 'UNBIND', 'SOURCE'],
];

const BAD_NAMES = [
  ...[
    '..',
    '.',
    '%2e%2e',
    '%2E',
    '%00',
    'a%00b',
    '%0d%0a',
    '%20',
    '%',
    '%%',
    '%zz',
    '%u0041',
    '%ff',
    '%c0%af',
    '%ed%a0%80',
  ],
  ...[
    '%25',
    '%2525',
    '%2f',
    '%5c',
    '\\',
    'a\\b',
    ';a=b',
    'a;b',
    '*',
    '~',
    "'",
    '"',
    '<x>',
    '{}',
    '|',
    '^',
    '`',
    '$&',
    ':id',
  ],
  ...[
    '__proto__',
    'constructor',
    'toString',
    'undefined',
    'null',
    'NaN',
    '-0',
    '0x1',
    '1e9',
    '00000000000000000001',
  ],
  ...[
    asBytes('ä'),
    asBytes('🦜'),
    '\xff\xfe',
    asBytes('\u202e'),
    asBytes('\u0000\ud7ff'),
    '%F0%9F%A6%9C',
    '%E2%80%AE',
  ],
  ...[
    "1'--",
    '1;DROP TABLE device',
    '1 OR 1=1',
    '../../../../etc/passwd',
    '..%2f..%2fetc%2fpasswd',
    'firmware.bin%00.MD5SUM',
  ],
];

function split({ target }: Draft): { segments: string[]; query: string } {
  const [path = '', ...rest] = target.split('?');
  return { segments: path.split('/'), query: rest.length === 0 ? '' : `?${rest.join('?')}` };
}

/** Changes the list of segments; the first is the empty one before the first slash. */
function onSegments(change: (segments: string[], at: number, scene: Scene) => void): Mutation['spoil'] {
  return (draft, scene) => {
    const { segments, query } = split(draft);
    change(segments, scene.chance.between(1, Math.max(1, segments.length - 1)), scene);
    draft.target = segments.join('/') + query;
    loosenWhenLong(draft, draft.target.length);
  };
}

function percent(text: string): string {
  return [...text].map((letter) => `%${letter.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
}

const PATH = group('path', {
  'segment dropped': onSegments((segments, at) => void segments.splice(at, 1)),
  'segment doubled': onSegments((segments, at) => void segments.splice(at, 0, segments[at] ?? '')),
  'segment added': onSegments(
    (segments, at, { chance }) => void segments.splice(at, 0, chance.pick(BAD_NAMES)),
  ),
  'segment replaced': onSegments((segments, at, { chance }) => void (segments[at] = chance.pick(BAD_NAMES))),
  'segments swapped': onSegments((segments, at) =>
    segments.splice(at - 1, 2, segments[at] ?? '', segments[at - 1] ?? ''),
  ),
  'cut short': onSegments((segments, at) => void segments.splice(at)),
  encoded: onSegments((segments, at) => void (segments[at] = percent(segments[at] ?? ''))),
  'encoded twice': onSegments(
    (segments, at) => void (segments[at] = percent(segments[at] ?? '').replaceAll('%', '%25')),
  ),
  'slash encoded': onSegments((segments, at) => {
    segments.splice(at - 1, 2, `${segments[at - 1] ?? ''}%2f${segments[at] ?? ''}`);
  }),
  'letter case': onSegments((segments, at, { chance }) => {
    const name = segments[at] ?? '';
    segments[at] = chance.happens(0.5) ? name.toUpperCase() : name.toLowerCase();
  }),
  long: onSegments((segments, at, { chance }) => {
    segments[at] = chance
      .pick(['a', '%41', '9', '\xe4'])
      .repeat(chance.pick([65, 257, 1000, 4000, 9000, 20_000]));
  }),
  many: onSegments((segments, at, { chance }) => {
    segments.splice(
      at,
      0,
      ...new Array<string>(chance.pick([10, 500, 5000])).fill(chance.pick(['', '.', 'a'])),
    );
  }),
  'long id': onSegments((segments, at, { chance }) => {
    segments[at] = chance.pick([
      '9'.repeat(20),
      '9'.repeat(400),
      `-${'9'.repeat(19)}`,
      '2147483648',
      '4294967297',
    ]);
  }),
  backslashes: onSegments((segments) =>
    segments.splice(0, segments.length, `/${segments.slice(1).join('\\')}`),
  ),
  'byte replaced': (draft, { chance }) => {
    const at = chance.below(draft.target.length);
    draft.target =
      draft.target.slice(0, at) + String.fromCharCode(chance.below(256)) + draft.target.slice(at + 1);
  },
  'another device': (draft, { chance, world, device }) => {
    draft.target = draft.target.replace(device.controllerId, chance.pick(world.devices).controllerId);
  },
  'another tenant': onSegments((segments, _at, { chance }) => {
    segments[1] = chance.pick([
      'default',
      'DeFaUlT',
      'OTHER',
      '%44EFAULT',
      'api',
      'docs',
      'x'.repeat(65),
      ' ',
      'healthz',
    ]);
  }),
  'unknown device': onSegments((segments, _at, { chance }) => {
    segments[4] = `unknown-${chance.below(1e9)}`;
  }),
});

const FORM = group('target', {
  absolute: (draft, { chance }) => {
    const origin = chance.pick([
      'http://localhost',
      'https://x:99999',
      'HTTP://[::1]:1',
      'http://',
      'ftp://a',
      'http://a@b',
    ]);
    draft.target = origin + draft.target;
  },
  'other forms': (draft, { chance }) => {
    draft.target = chance.pick([
      '*',
      '/',
      '//',
      '',
      'localhost:80',
      '?',
      '#',
      '/..',
      draft.target.slice(1),
      `/${draft.target}`,
    ]);
    draft.framing = 'loose';
  },
  'something behind': (draft, { chance }) => {
    draft.target += chance.pick([
      '/',
      '//',
      '/.',
      '/..',
      '#a',
      ';x',
      '%',
      '/%2e%2e/',
      '.json',
      '%20',
      '?',
      '&',
      ' ',
      '\t',
    ]);
  },
  'something before': (draft, { chance }) => {
    draft.target = chance.pick(['/.', '/a/..', '//', '/./', '/%2e', '/\\', ';']) + draft.target;
  },
});

const QUERIES = [
  ...[
    'actionHistory=1e3',
    'actionHistory=',
    'actionHistory=--1',
    'actionHistory=9999999999',
    'actionHistory[]=1',
  ],
  ...[
    'actionHistory[a][b]=1',
    'actionHistory=1&actionHistory=2',
    '__proto__[x]=1',
    'c=%',
    'c=%ff',
    'c=%00',
    '&&&&',
    '=',
    'c',
  ],
  ...[
    'a[]=1&a[]=2',
    `a${'[a]'.repeat(400)}=1`,
    `c=${'9'.repeat(3000)}`,
    'x=1&'.repeat(1500),
    '?',
    '?a?b',
    '%',
    '\xff',
  ],
];

const QUERY = group('query', {
  added: (draft, { chance }) => {
    draft.target += (draft.target.includes('?') ? '&' : '?') + chance.pick(QUERIES);
  },
  replaced: (draft, { chance }) => {
    draft.target = `${draft.target.split('?')[0] ?? ''}?${chance.pick(QUERIES)}`;
  },
});

const METHOD = group('method', {
  another: (draft, { chance }) => {
    draft.method = chance.pick(METHODS);
  },
  none: (draft, { chance }) => {
    draft.method = chance.pick(['', 'CONNECT', 'G\x00T', 'GE T', '\xff', 'A'.repeat(300), 'GET\t']);
    draft.framing = 'loose';
  },
});

/** What the request line says. */
export const TARGET_MUTATIONS: readonly (readonly [weight: number, mutations: readonly Mutation[]])[] = [
  [2, METHOD],
  [5, PATH],
  [1, FORM],
  [1, QUERY],
];
