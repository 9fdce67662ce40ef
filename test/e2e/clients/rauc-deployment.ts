import { at, chokeAs } from './choke';
import { RAUC_CLIENT } from './rauc-connection';

const choke = chokeAs(RAUC_CLIENT);

/** A deployment as RAUC's updater understands it. */
export interface RaucDeployment {
  readonly id: string;
  readonly isToDownload: boolean;
  readonly isToInstall: boolean;
  /** Absent without a maintenance window. */
  readonly window: string | undefined;
  readonly version: string;
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha1: string;
  readonly url: string;
}

/** Why it cannot do what it is asked to; it says so to the server, as a failure. */
export class RaucRefusal extends Error {}

/** Before anything can be reported the id has to be there, as text: a number makes it loop without a word. */
export function deploymentId(root: unknown): string {
  const id = at(root, 'id');
  if (typeof id !== 'string' || id === '') return choke(`the deployment's id is ${JSON.stringify(id)}`);
  return id;
}

/** @throws RaucRefusal for what it would report as a failure */
export function readDeployment(root: unknown): RaucDeployment {
  const id = deploymentId(root);
  const download = text(root, 'deployment', 'download');
  const update = text(root, 'deployment', 'update');
  const window = at(root, 'deployment', 'maintenanceWindow');
  const chunk = only(at(root, 'deployment', 'chunks'), id, 'chunks');
  const artifact = only(at(chunk, 'artifacts'), id, 'artifacts');
  return {
    id,
    isToDownload: download !== 'skip',
    isToInstall: update !== 'skip',
    window: typeof window === 'string' ? window : undefined,
    version: text(chunk, 'version'),
    name: text(chunk, 'name'),
    sizeBytes: count(artifact, 'size'),
    sha1: text(artifact, 'hashes', 'sha1'),
    url: linkOf(artifact),
  };
}

function text(root: unknown, ...path: readonly (string | number)[]): string {
  const found = at(root, ...path);
  if (typeof found !== 'string') throw new RaucRefusal(`The deployment does not tell ${path.join('.')}.`);
  return found;
}

function count(root: unknown, name: string): number {
  const found = at(root, name);
  if (!Number.isSafeInteger(found)) throw new RaucRefusal(`The deployment does not tell ${name}.`);
  return found as number;
}

function only(list: unknown, id: string, what: 'chunks' | 'artifacts'): unknown {
  if (!Array.isArray(list) || list.length === 0) throw new RaucRefusal(`The deployment has no ${what}.`);
  if (list.length > 1) throw new RaucRefusal(`Deployment ${id} unsupported: cannot handle multiple ${what}.`);
  return list[0];
}

function linkOf(artifact: unknown): string {
  const secure = at(artifact, '_links', 'download', 'href');
  return typeof secure === 'string' ? secure : text(artifact, '_links', 'download-http', 'href');
}

/** In seconds; undefined: it goes by its own configuration. What is not `HH:MM:SS` it would take for garbage. */
export function raucSleep(root: unknown): number | undefined {
  const sleep = at(root, 'config', 'polling', 'sleep');
  if (sleep === undefined) return undefined;
  const parts = typeof sleep === 'string' ? /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/.exec(sleep) : null;
  if (parts === null) return choke(`config.polling.sleep is ${JSON.stringify(sleep)}, not HH:MM:SS`);
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(Number);
  const total = (hours * 60 + minutes) * 60 + seconds;
  return total > 0 ? total : choke('config.polling.sleep is 00:00:00: it would poll without a rest');
}
