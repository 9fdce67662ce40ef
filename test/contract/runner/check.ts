import { setTimeout as sleep } from 'node:timers/promises';
import type { Check } from './contract-case';
import { faultsOf, isRecord, show } from './match';
import type { Scene } from './scene';

const AGAIN_MS = 100;

/** Looks at the server's own record and @throws when it is not as the case says. */
export async function look(scene: Scene, check: Check): Promise<void> {
  const untilMs = performance.now() + (check.withinMs ?? 0);
  let faults = await faultsOfCheck(scene, check);
  while (faults.length > 0 && performance.now() < untilMs) {
    await sleep(AGAIN_MS);
    faults = await faultsOfCheck(scene, check);
  }
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

async function faultsOfCheck(scene: Scene, check: Check): Promise<string[]> {
  const { adapter } = scene.server;
  if (check.device !== undefined) {
    const record = await adapter.device(scene.text(check.device));
    keep(scene, check, record);
    return faultsOf(record, check.is ?? {}, 'partial', 'the device');
  }
  if (check.action !== undefined) {
    const record = await adapter.action(scene.action(check.action));
    return faultsOf(record, check.is ?? {}, 'partial', 'the action');
  }
  if (check.actionsOf !== undefined) return faultsOfActions(scene, check.actionsOf, check);
  if (check.logOf !== undefined) return faultsOfLog(scene, check.logOf, check);
  throw new Error(`nothing to look at: ${show(check)}`);
}

function keep(scene: Scene, check: Check, record: unknown): void {
  for (const [field, name] of Object.entries(check.keep ?? {}))
    scene.set(name, isRecord(record) ? record[field] : undefined);
}

async function faultsOfActions(scene: Scene, device: string, { active, total }: Check): Promise<string[]> {
  const actions = await scene.server.adapter.actionsOf(scene.text(device));
  const open = actions.filter((action) => action.isActive).length;
  return [
    ...(active === undefined ? [] : faultsOf(open, active, 'exact', 'the number of active actions')),
    ...(total === undefined ? [] : faultsOf(actions.length, total, 'exact', 'the number of actions')),
  ];
}

async function faultsOfLog(scene: Scene, id: string, check: Check): Promise<string[]> {
  const entries = await scene.server.adapter.logOf(scene.action(id));
  const kinds = entries.map((entry) => entry.kind);
  const growth = scene.growthOfLog(id, kinds.length);
  const faults: string[] = [];
  if (check.count !== undefined)
    faults.push(...faultsOf(kinds.length, check.count, 'exact', 'the length of the log'));
  if (check.grownBy !== undefined)
    faults.push(...faultsOf(growth, check.grownBy, 'exact', 'the growth of the log'));
  if (check.newest !== undefined)
    faults.push(...faultsOf(kinds.at(-1), check.newest, 'exact', 'the newest entry'));
  for (const kind of check.some ?? []) faults.push(...faultsOf(kinds, { $some: kind }, 'exact', 'the log'));
  return faults.length === 0 ? [] : [...faults, `the log is ${show(kinds)}`];
}
