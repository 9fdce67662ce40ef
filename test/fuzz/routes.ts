import type { Chance } from './chance';
import type { FuzzDevice, World } from './world';

/** A body before it is written down, or none. */
export interface Sound {
  readonly route: RouteName;
  readonly method: string;
  /** Behind the tenant and the device. */
  readonly path: string;
  readonly body?: unknown;
}

/** Who asks, and for what: the ids are mostly, but not always, its own. */
interface Asker {
  readonly chance: Chance;
  readonly world: World;
  readonly device: FuzzDevice;
}

const EXECUTIONS = [
  'closed',
  'proceeding',
  'canceled',
  'scheduled',
  'rejected',
  'resumed',
  'downloaded',
  'download',
];
const FINISHED = ['success', 'failure', 'none'];
const DETAILS = [
  'Installing.',
  'Downloaded 40 %',
  'ä',
  'line one\nline two',
  '',
  '"quoted"',
  'x'.repeat(300),
];

function actionId({ chance, world, device }: Asker): string {
  const foreign = (): string => chance.pick(world.devices).actionIds[0] ?? '1';
  const [newest = foreign()] = device.actionIds;
  return chance.weighted([
    [8, newest],
    [1, chance.pick([...device.actionIds, newest])],
    [0.7, foreign()],
    [
      0.5,
      chance.pick(['0', '2147483647', '2147483648', '9223372036854775808', '-1', '1.5', '1e3', '007', 'x']),
    ],
  ]);
}

function file({ chance, world }: Asker): string {
  // Most devices are on the way to the first release.
  const module = chance.pick(chance.happens(0.8) ? world.modules.slice(0, 3) : world.modules);
  return `softwaremodules/${module.id}/artifacts/${encodeURIComponent(chance.pick(module.fileNames))}`;
}

function history({ chance }: Asker): string {
  return chance.weighted([
    [3, ''],
    [1, '?actionHistory=10'],
    [1, '?c=31&actionHistory=-1'],
    [1, '?actionHistory'],
  ]);
}

function feedback(asker: Asker, id: string): unknown {
  const { chance } = asker;
  const details = Array.from({ length: chance.below(4) }, () => chance.pick(DETAILS));
  const execution = chance.happens(0.5) ? 'proceeding' : chance.pick(EXECUTIONS);
  return {
    id,
    time: '20260101T120000',
    status: {
      execution,
      result: { finished: chance.pick(FINISHED), progress: { cnt: 2, of: 5 } },
      ...(chance.happens(0.3) ? { code: chance.between(-5, 900) } : {}),
      details,
    },
  };
}

function attributes({ chance }: Asker): unknown {
  const values = { board: 'fuzzed', sw_version: '1.0.0', hwRevision: '1.0', serial: `${chance.below(1e6)}` };
  const names = chance.shuffled(Object.entries(values)).slice(0, chance.between(1, 4));
  const mode = chance.pick([{}, { mode: 'merge' }, { mode: 'replace' }, { mode: 'remove' }, { mode: null }]);
  return { id: '', time: '', ...mode, data: Object.fromEntries(names), status: {} };
}

function confirmation({ chance }: Asker): unknown {
  return {
    confirmation: chance.pick(['confirmed', 'denied']),
    code: chance.pick([undefined, 10, -1]),
    details: chance.pick([undefined, [], ['The user said so.']]),
  };
}

function consent({ chance }: Asker): unknown {
  return chance.pick([
    undefined,
    {},
    { initiator: 'somebody' },
    { initiator: 'somebody', remark: 'nothing to ask' },
  ]);
}

function toReport(base: string, body: (asker: Asker, id: string) => unknown) {
  return (asker: Asker): Omit<Sound, 'route'> => {
    const id = actionId(asker);
    return { method: 'POST', path: `${base}/${id}/feedback`, body: body(asker, id) };
  };
}

function toRead(path: (asker: Asker) => string) {
  return (asker: Asker): Omit<Sound, 'route'> => ({ method: 'GET', path: path(asker) });
}

/** The routes of the contract, each with how often it is asked. */
const ROUTES = {
  E1: [10, toRead(() => '')],
  E2: [4, toRead(({ chance, world }) => `softwaremodules/${chance.pick(world.modules).id}/artifacts`)],
  E3: [8, toRead(file)],
  E4: [3, toRead((asker) => `${file(asker)}.MD5SUM`)],
  E5: [8, toRead((asker) => `deploymentBase/${actionId(asker)}${history(asker)}`)],
  E6: [14, toReport('deploymentBase', feedback)],
  E7: [12, (asker: Asker) => ({ method: 'PUT', path: 'configData', body: attributes(asker) })],
  E8: [4, toRead((asker) => `cancelAction/${actionId(asker)}`)],
  E9: [8, toReport('cancelAction', feedback)],
  E10: [4, toRead((asker) => `installedBase/${actionId(asker)}${history(asker)}`)],
  E11: [
    5,
    ({ chance, world }: Asker) => ({
      method: 'PUT',
      path: 'installedBase',
      body: chance.pick(world.releases),
    }),
  ],
  E12: [3, toRead(() => 'confirmationBase')],
  E13: [4, toRead((asker) => `confirmationBase/${actionId(asker)}${history(asker)}`)],
  E14: [7, toReport('confirmationBase', confirmation)],
  E15: [
    3,
    (asker: Asker) => ({
      method: 'POST',
      path: 'confirmationBase/activateAutoConfirm',
      body: consent(asker),
    }),
  ],
  E16: [2, () => ({ method: 'POST', path: 'confirmationBase/deactivateAutoConfirm' })],
} as const satisfies Record<string, readonly [number, (asker: Asker) => Omit<Sound, 'route'>]>;

export type RouteName = keyof typeof ROUTES;
export const ROUTE_NAMES = Object.keys(ROUTES) as readonly RouteName[];

/** A request that a sound client of this device might send. */
export function soundRequest(chance: Chance, world: World, device: FuzzDevice): Sound {
  const route = chance.weighted(ROUTE_NAMES.map((name) => [ROUTES[name][0], name] as const));
  return { route, ...ROUTES[route][1]({ chance, world, device }) };
}
