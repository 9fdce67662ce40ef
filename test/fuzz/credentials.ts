import type { Chance } from './chance';
import type { Header } from './request';
import type { FuzzDevice, World } from './world';

/** How a request says who sends it, and from where. */
export interface Credentials {
  readonly headers: readonly Header[];
  readonly isProxied: boolean;
}

/** A kind of credential that the server takes; undefined when this device has none of it. */
type Kind = (world: World, device: FuzzDevice) => Credentials | undefined;

/** Every way in. A new one is one more line here. */
const KINDS: readonly (readonly [weight: number, kind: Kind])[] = [
  [
    6,
    ({ gatewayToken }) => ({
      headers: [['Authorization', `GatewayToken ${gatewayToken}`]],
      isProxied: false,
    }),
  ],
  [
    4,
    (_world, { targetToken }) =>
      targetToken === undefined
        ? undefined
        : { headers: [['Authorization', `TargetToken ${targetToken}`]], isProxied: false },
  ],
  [
    2,
    ({ authority }, { controllerId }) => ({
      headers: [
        ['X-Controller-Id', controllerId],
        ['X-Authority', authority],
      ],
      isProxied: true,
    }),
  ],
];

/** Sound credentials of this device. */
export function credentialsOf(chance: Chance, world: World, device: FuzzDevice): Credentials {
  const held = KINDS.flatMap(([weight, kind]) => {
    const credentials = kind(world, device);
    return credentials === undefined ? [] : [[weight, credentials] as const];
  });
  return chance.weighted(held);
}
