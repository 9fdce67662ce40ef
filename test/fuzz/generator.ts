import { CBOR_MUTATIONS, inCbor } from './cbor-mutations';
import { Chance } from './chance';
import { CREDENTIAL_MUTATIONS } from './credential-mutations';
import { credentialsOf } from './credentials';
import { FRAMING_MUTATIONS } from './framing-mutations';
import { HEADER_MUTATIONS } from './header-mutations';
import { JSON_MUTATIONS } from './json-mutations';
import type { Mutation, Scene } from './mutation';
import { RANGE_MUTATIONS } from './range-mutations';
import { bytesOf, type Draft, type Mutant } from './request';
import { soundRequest, type Sound } from './routes';
import { TARGET_MUTATIONS } from './target-mutations';
import { WIRE_MUTATIONS, type Sending } from './wire-mutations';
import type { FuzzDevice, World } from './world';

type Weighted = readonly [weight: number, mutations: readonly Mutation[]];

const ALWAYS: readonly Weighted[] = [
  ...TARGET_MUTATIONS,
  [4, HEADER_MUTATIONS],
  [2, CREDENTIAL_MUTATIONS],
  [0.8, FRAMING_MUTATIONS],
];
/** A request that carries a body is spoilt there more often than elsewhere; others get one that they should not have. */
const bodies = ({ isCbor, sound }: Scene): readonly Weighted[] => {
  const weight = sound.body === undefined ? 0.5 : 14;
  return isCbor ? [[weight, CBOR_MUTATIONS]] : [[weight, JSON_MUTATIONS]];
};

/** Parts are asked for of files, and of the rest by mistake. */
const ranges = ({ sound }: Scene): Weighted => [sound.route === 'E3' ? 15 : 1, RANGE_MUTATIONS];

const HOW_MANY = [
  [0.04, 0],
  [0.66, 1],
  [0.2, 2],
  [0.1, 3],
] as const;
const WIRE_SHARE = 0.05;
const CBOR_SHARE = 0.35;

/** Which request of a run. */
export interface Turn {
  readonly seed: number;
  readonly batch: number;
  readonly place: number;
}

/** The request of a device in its turn: the same for the same seed, batch and place in the same world, whatever came before. */
export function mutantOf({ seed, batch, place }: Turn, world: World, device: FuzzDevice): Mutant {
  const chance = new Chance(seed, batch, place);
  const sound = soundRequest(chance, world, device);
  const scene: Scene = { chance, world, device, sound, isCbor: chance.happens(CBOR_SHARE) };
  const { draft, isProxied } = drafted(scene);
  const mutations = spoilt(draft, scene);
  const sending = sent(draft, scene, mutations);
  const { method } = draft;
  const { controllerId } = device;
  const { route } = sound;
  return { id: `${batch}.${place}`, route, mutations, controllerId, method, isProxied, ...sending };
}

function drafted(scene: Scene): { draft: Draft; isProxied: boolean } {
  const { chance, world, device, sound, isCbor } = scene;
  const { headers, isProxied } = credentialsOf(chance, world, device);
  const type = isCbor ? 'application/cbor' : 'application/json';
  const draft: Draft = {
    method: sound.method,
    target: targetOf(world, device, sound),
    headers: [['Host', 'rookery.example:8080'], ...headers],
    body: bodyOf(sound, isCbor),
    tellsLength: true,
    framing: 'exact',
  };
  if (chance.happens(0.8)) draft.headers.push(['Accept', chance.pick([type, 'application/hal+json', '*/*'])]);
  if (sound.body !== undefined) draft.headers.push(['Content-Type', type]);
  return { draft, isProxied };
}

function targetOf({ tenant }: World, { controllerId }: FuzzDevice, { path }: Sound): string {
  return `/${tenant}/controller/v1/${controllerId}${path === '' ? '' : `/${path}`}`;
}

function bodyOf({ body }: Sound, isCbor: boolean): Buffer {
  if (body === undefined) return Buffer.alloc(0);
  return isCbor ? inCbor(JSON.parse(JSON.stringify(body))) : Buffer.from(JSON.stringify(body));
}

/** Spoils the draft; the names of what was done. */
function spoilt(draft: Draft, scene: Scene): string[] {
  const { chance } = scene;
  const groups = [...ALWAYS, ranges(scene), ...bodies(scene)];
  const mutations = Array.from({ length: chance.weighted(HOW_MANY) }, () =>
    chance.pick(chance.weighted(groups)),
  );
  // What is said about the length of a body comes when it is known; and it is said once.
  const [framing] = mutations.filter((mutation) => FRAMING_MUTATIONS.includes(mutation));
  const others = mutations.filter((mutation) => !FRAMING_MUTATIONS.includes(mutation));
  return [...others, ...(framing === undefined ? [] : [framing])].map(({ name, spoil }) => {
    spoil(draft, scene);
    return name;
  });
}

function sent(draft: Draft, scene: Scene, mutations: string[]): Sending {
  const { chance } = scene;
  const bytes = bytesOf(draft);
  if (mutations.length === 0 || !chance.happens(WIRE_SHARE))
    return { pieces: [bytes], framing: draft.framing, requests: 1 };
  const mutation = chance.pick(WIRE_MUTATIONS);
  mutations.push(mutation.name);
  const sending = mutation.send(
    bytes,
    chance,
    bytesOf(drafted({ ...scene, sound: pollOf(scene.sound) }).draft),
  );
  return sending.framing === 'exact' ? { ...sending, framing: draft.framing } : sending;
}

function pollOf(sound: Sound): Sound {
  return { route: sound.route, method: 'GET', path: '' };
}
