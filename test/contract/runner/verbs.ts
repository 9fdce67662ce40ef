import { setTimeout as sleep } from 'node:timers/promises';
import type { ModulePlan } from '../adapters/adapter';
import { look } from './check';
import type { AssignWish, FileWish, ModuleWish, ReleaseWish, Step } from './contract-case';
import type { Scene } from './scene';
import { windowFrom } from './window';

type Verb = (scene: Scene, step: Step) => Promise<void>;

/** What a case may do beside requests of devices, by the key of its step. The step is filled already. */
const VERBS: Readonly<Record<string, Verb>> = {
  create: async (scene, { create = '' }) => {
    const { token } = await scene.server.adapter.createDevice(scene.text(create));
    scene.set(`${create}.token`, token);
  },
  release: async (scene, { release }) => {
    if (release !== undefined) await makeRelease(scene, release);
  },
  assign: async (scene, { assign }) => {
    if (assign !== undefined) await assignRelease(scene, assign);
  },
  cancel: (scene, { cancel = '', force = false }) => scene.server.adapter.cancel(scene.action(cancel), force),
  settings: async (scene, { settings = {} }) => scene.undoLater(await scene.server.adapter.change(settings)),
  requestAttributes: (scene, { requestAttributes = '' }) =>
    scene.server.adapter.requestAttributes(scene.text(requestAttributes)),
  autoConfirm: (scene, { autoConfirm = '', initiator, remark }) =>
    scene.server.adapter.autoConfirm(scene.text(autoConfirm), {
      ...(typeof initiator === 'string' ? { initiator } : {}),
      ...(typeof remark === 'string' ? { remark } : {}),
    }),
  group: (scene, { group = '', is = '' }) => scene.server.adapter.putIntoGroup(scene.text(group), is),
  check: async (scene, { check }) => {
    if (check !== undefined) await look(scene, check);
  },
  wait: async (_scene, { wait = 0 }) => {
    await sleep(wait);
  },
};

/** What a step does through management, or undefined when it is a request of a device. */
export function verbOf(step: Step): Verb | undefined {
  const name = Object.keys(VERBS).find((verb) => Object.hasOwn(step, verb));
  return name === undefined ? undefined : VERBS[name];
}

/** The sets of hawkBit's tests have these three modules; there only the os has files. */
const THREE_MODULES: readonly ModuleWish[] = [
  { type: 'os', files: [{ as: 'image', name: 'os.img', bytes: 1000 }] },
  { type: 'runtime', files: [{ as: 'image', name: 'runtime.bin', bytes: 100 }] },
  { type: 'application', files: [{ as: 'image', name: 'app.bin', bytes: 100 }] },
];

async function makeRelease(scene: Scene, wish: ReleaseWish): Promise<void> {
  const { as, requiredStep: isRequiredStep = false, modules: wishes = THREE_MODULES } = wish;
  // A version of its own: a device tells nothing else of what it runs.
  const name = `${scene.prefix}-${as}`;
  const release = { name, version: `1.0-${name}`, isRequiredStep };
  const modules = wishes.map((module) => modulePlan(scene, as, module));
  const created = await scene.server.adapter.createRelease({ ...release, modules });
  scene.set(`${as}.id`, created.id);
  scene.set(`${as}.name`, release.name);
  scene.set(`${as}.version`, release.version);
  wishes.forEach(({ type, files = [] }, index) => {
    const made = created.modules[index];
    scene.set(`${as}.${type}.id`, made?.id);
    files.forEach((file, place) => {
      const createdAt = new Date(made?.filesCreatedAt[place] ?? Number.NaN);
      scene.set(`${as}.${type}.${file.as}.modified`, createdAt.toUTCString());
    });
  });
}

function modulePlan(
  scene: Scene,
  release: string,
  { type, files = [], metadata = [], encrypted }: ModuleWish,
): ModulePlan {
  const key = `${release}.${type}`;
  const [name, version] = [`${scene.prefix}-${release}-${type}`, '1.2'];
  scene.set(`${key}.name`, name);
  scene.set(`${key}.version`, version);
  const contentOf = (file: FileWish): { name: string; content: Buffer } => ({
    name: file.name,
    content: scene.addFile(`${key}.${file.as}`, file.name, file.bytes),
  });
  return { type, name, version, isEncrypted: encrypted ?? false, files: files.map(contentOf), metadata };
}

async function assignRelease(scene: Scene, wish: AssignWish): Promise<void> {
  const controllerIds = listOf(wish.to ?? 'device').map((name) => scene.text(name));
  const now = new Date();
  const { type = 'forced', forceInMs, weight, window, confirmation } = wish;
  const ids = await scene.server.adapter.assign({
    releaseId: scene.text(`${wish.release}.id`),
    controllerIds,
    type,
    ...(forceInMs === undefined ? {} : { forceAt: new Date(now.getTime() + forceInMs).toISOString() }),
    ...(weight === undefined ? {} : { weight }),
    ...(window === undefined ? {} : { window: windowFrom(now, window) }),
    ...(confirmation === undefined ? {} : { confirmation }),
  });
  const names = listOf(wish.as ?? []);
  controllerIds.forEach((controllerId, index) => {
    const id = ids[index];
    if (id === undefined) throw new Error(`the assignment made no action for ${controllerId}`);
    scene.own(id, controllerId);
    const name = names[index];
    if (name !== undefined) scene.set(name, id);
  });
}

function listOf<T>(value: T | readonly T[]): readonly T[] {
  return Array.isArray(value) ? (value as readonly T[]) : [value as T];
}
