import { group, loosenWhenLong, type Mutation } from './mutation';
import { removeHeader, setHeader, type Draft } from './request';

const AUTHORIZATIONS = [
  ...[
    '',
    ' ',
    'GatewayToken',
    'GatewayToken ',
    'TargetToken',
    'GatewayToken  ',
    'gatewaytoken x',
    'GATEWAYTOKEN x',
    'Bearer x',
  ],
  ...[
    'Basic',
    'Basic eA==',
    'Basic \xff',
    'Digest username="x"',
    'Negotiate',
    'GatewayToken \xff',
    'TargetToken \xe4\xf6',
  ],
  ...[
    'GatewayToken a b',
    'GatewayToken,TargetToken',
    'GatewayToken\tx',
    '\tGatewayToken x',
    'TargetToken null',
    'null',
  ],
];
const PROXY_HEADERS = [
  'X-Forwarded-For',
  'X-Forwarded-Proto',
  'X-Forwarded-Host',
  'X-Forwarded-Port',
  'Forwarded',
  'X-Real-IP',
];
const PROXY_VALUES = [
  ...[
    '',
    ',',
    '127.0.0.1',
    '127.0.0.2',
    '::1',
    '::ffff:127.0.0.2',
    'unknown',
    '1.2.3.4, 127.0.0.2',
    'for="[::1]:80"',
    '999.1.1.1',
  ],
  ...[
    'fe80::1%eth0',
    'fe80::1%00',
    'https',
    'javascript',
    'a.example, b.example',
    '"><script>',
    'x'.repeat(3000),
    '1.2.3.4,'.repeat(300),
  ],
  ...['\xff', '0', '-1', '65536', 'http://a/b?c#d', 'a b', "1.2.3.4'; --"],
];

function flood(draft: Draft, name: (n: number) => string, value: string): void {
  for (let n = 0; n < 60; n += 1) draft.headers.push([name(n), value]);
}

/** Who sends it, as the device says and as a proxy says. */
export const CREDENTIAL_MUTATIONS: readonly Mutation[] = [
  ...group('credential', {
    none: (draft) => {
      for (const name of ['Authorization', 'X-Controller-Id', 'X-Authority']) removeHeader(draft, name);
    },
    another: (draft, { chance }) => setHeader(draft, 'Authorization', chance.pick(AUTHORIZATIONS)),
    "another device's": (draft, { chance, world }) => {
      const { targetToken = 'none' } = chance.pick(world.devices);
      setHeader(draft, 'Authorization', `TargetToken ${targetToken}`);
    },
    'of another kind': (draft, { chance, world, device }) => {
      const token = chance.pick([world.gatewayToken, device.targetToken ?? 'none']);
      setHeader(draft, 'Authorization', `${chance.pick(['TargetToken', 'GatewayToken'])} ${token}`);
    },
    'spoilt by a letter': (draft, { chance }) => {
      draft.headers = draft.headers.map(([name, value]) => {
        if (name !== 'Authorization' || value.length < 20) return [name, value];
        const at = chance.between(14, value.length - 1);
        return [name, value.slice(0, at) + chance.pick(['x', '0', '\xff', ' ', '"']) + value.slice(at + 1)];
      });
    },
    twice: (draft, { chance, world }) => {
      draft.headers.push([
        'Authorization',
        chance.pick([`GatewayToken ${world.gatewayToken}`, ...AUTHORIZATIONS]),
      ]);
    },
    long: (draft, { chance }) => {
      const length = chance.pick([300, 5000, 11_000, 20_000, 70_000]);
      setHeader(draft, 'Authorization', `GatewayToken ${'x'.repeat(length)}`);
      loosenWhenLong(draft, length);
    },
  }),
  ...group('proxy', {
    forwarded: (draft, { chance }) => {
      draft.headers.push([chance.pick(PROXY_HEADERS), chance.pick(PROXY_VALUES)]);
    },
    'another name': (draft, { chance, world }) => {
      const other = chance.pick(world.devices).controllerId;
      setHeader(
        draft,
        'X-Controller-Id',
        chance.pick(['', other, '\xff', '%', other.repeat(100), `${other}, ${other}`]),
      );
    },
    'another authority': (draft, { chance, world }) => {
      const { authority } = world;
      const values = [
        '',
        ',',
        ';;',
        'x',
        `${authority},x`,
        `x;${authority}`,
        authority.toUpperCase(),
        '\xff',
      ];
      setHeader(draft, 'X-Authority', chance.pick([...values, 'x,'.repeat(4000), ','.repeat(8000)]));
    },
    'flood of authorities': (draft, { chance, world }) => {
      removeHeader(draft, 'X-Authority');
      const value = chance.pick([world.authority, 'x'.repeat(64), 'a,b;c'.repeat(10)]);
      flood(
        draft,
        chance.pick([(n: number) => `X-Authority-${n}`, () => 'X-Authority', () => 'X-Controller-Id']),
        value,
      );
    },
  }),
];
