import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** The parts of a V8 CPU profile that tell where time was spent. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  /** The node on top of the stack, and microseconds since the sample before. */
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

const LINES = 15;
/** Not work of anybody's. */
const IDLE = new Set(['(idle)', '(root)']);

/** What a server spent its time on: by package and by function, without what they called. */
export async function digestOf(folder: string): Promise<string> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.cpuprofile'));
  const digests = files.map(async (name) =>
    digest(JSON.parse(await readFile(join(folder, name), 'utf8')) as CpuProfile),
  );
  return (await Promise.all(digests)).join('\n');
}

function digest({ nodes, samples, timeDeltas }: CpuProfile): string {
  const selfUs = new Map<number, number>();
  samples.forEach((id, index) => selfUs.set(id, (selfUs.get(id) ?? 0) + (timeDeltas[index] ?? 0)));
  const packages = new Map<string, number>();
  const functions = new Map<string, number>();
  for (const { id, callFrame } of nodes) {
    const { functionName, url, lineNumber } = callFrame;
    if (IDLE.has(functionName)) continue;
    const us = selfUs.get(id) ?? 0;
    const place = placeOf(url);
    const name = functionName === '' ? '(anonymous)' : functionName;
    add(packages, place === '' ? name : packageOf(place), us);
    add(functions, place === '' ? name : `${name}  ${place}:${lineNumber + 1}`, us);
  }
  return `CPU by package\n${ranking(packages)}CPU by function, without what it calls\n${ranking(functions)}`;
}

function add(sums: Map<string, number>, name: string, us: number): void {
  sums.set(name, (sums.get(name) ?? 0) + us);
}

function ranking(sums: ReadonlyMap<string, number>): string {
  const total = [...sums.values()].reduce((sum, us) => sum + us, 0);
  const first = [...sums].sort(([, a], [, b]) => b - a).slice(0, LINES);
  return first.map(([name, us]) => `  ${((us / total) * 100).toFixed(1).padStart(5)} %  ${name}\n`).join('');
}

/** Without what comes before the repository. */
function placeOf(url: string): string {
  return url.replace(/^.*\/node_modules\//, 'node_modules/').replace(/^.*\/dist\/src\//, 'src/');
}

function packageOf(place: string): string {
  const parts = place.split('/');
  if (parts[0] === 'node_modules')
    return parts.slice(1, parts[1]?.startsWith('@') === true ? 3 : 2).join('/');
  return parts[0] === 'src' ? parts.slice(0, 3).join('/') : (parts[0] ?? place);
}
