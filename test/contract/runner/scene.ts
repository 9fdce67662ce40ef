import { randomBytes } from 'node:crypto';
import type { ActionName, Adapter, Undo } from '../adapters/adapter';
import type { ContractCase, LetValue, Need } from './contract-case';
import { contentOf, hashOf } from './content';

/** A server that cases are replayed against. */
export interface Server {
  readonly url: string;
  readonly adapter: Adapter;
  /** What it was started with. */
  readonly has: readonly Need[];
}

const RUN = randomBytes(4).toString('hex');
let scenes = 0;

/** What one replay of a case knows by name: its devices, releases and actions, and what it kept from answers. */
export class Scene {
  /** No other replay, of this run or another, has it: names that begin with it are free. */
  readonly prefix = `ddi-${RUN}-${(scenes += 1)}`;
  readonly startedAt = new Date();
  private readonly variables = new Map<string, unknown>();
  private readonly files = new Map<string, Buffer>();
  private readonly owners = new Map<string, string>();
  private readonly logLengths = new Map<string, number>();
  private readonly undoes: Undo[] = [];

  constructor(
    readonly server: Server,
    { devices = [], let: values = {} }: Pick<ContractCase, 'devices' | 'let'>,
    variant: Readonly<Record<string, unknown>> = {},
  ) {
    this.set('start', this.startedAt.toISOString());
    this.set('url', server.url);
    this.set('tenant', server.adapter.tenant);
    for (const name of ['device', ...devices]) this.addDevice(name, `${this.prefix}-${name}`);
    for (const [name, value] of Object.entries(values)) this.set(name, letValue(value));
    for (const [name, value] of Object.entries(variant)) this.set(name, value);
  }

  set(name: string, value: unknown): void {
    this.variables.set(name, value);
  }

  /** @throws when the case never set it: its author misspelt it. */
  get(name: string): unknown {
    if (!this.variables.has(name)) throw new Error(`the case has no \${${name}}`);
    return this.variables.get(name);
  }

  text(name: string): string {
    return String(this.get(name));
  }

  private addDevice(name: string, controllerId: string): void {
    this.set(name, controllerId);
    this.set(`${name}.url`, `${this.server.url}/${this.server.adapter.tenant}/controller/v1/${controllerId}`);
  }

  /** Makes a file's bytes and lets the case name its size and hashes. */
  addFile(name: string, fileName: string, bytes: number): Buffer {
    const content = contentOf(`${this.prefix} ${name}`, bytes);
    this.files.set(name, content);
    this.set(`${name}.name`, fileName);
    this.set(`${name}.size`, bytes);
    for (const algorithm of ['md5', 'sha1', 'sha256'] as const)
      this.set(`${name}.${algorithm}`, hashOf(algorithm, content));
    return content;
  }

  file(name: string): Buffer {
    const content = this.files.get(name);
    if (content === undefined) throw new Error(`the case has no file ${name}`);
    return content;
  }

  own(actionId: string, controllerId: string): void {
    this.owners.set(actionId, controllerId);
  }

  action(id: string): ActionName {
    const controllerId = this.owners.get(id);
    if (controllerId === undefined) throw new Error(`the case assigned no action ${id}`);
    return { id, controllerId };
  }

  /** Remembers how long a log is now; answers by how much it grew since the case last looked. */
  growthOfLog(actionId: string, length: number): number {
    const growth = length - (this.logLengths.get(actionId) ?? 0);
    this.logLengths.set(actionId, length);
    return growth;
  }

  undoLater(undo: Undo): void {
    this.undoes.push(undo);
  }

  /** Puts the server back as it was, the last change first. */
  async undo(): Promise<void> {
    for (const undo of this.undoes.splice(0).reverse()) await undo();
  }

  /** The value with every `${name}` in it, keys included, replaced. A text that is one name alone becomes its value. */
  fill<T>(value: T): T {
    return this.filled(value) as T;
  }

  private filled(value: unknown): unknown {
    if (typeof value === 'string') return this.filledText(value);
    if (Array.isArray(value)) return value.map((item) => this.filled(item));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [String(this.filledText(key)), this.filled(item)]),
    );
  }

  private filledText(text: string): unknown {
    const whole = /^\$\{([\w.-]+)\}$/.exec(text)?.[1];
    if (whole !== undefined) return this.get(whole);
    return text.replace(/\$\{([\w.-]+)\}/g, (_match, name: string) => this.text(name));
  }
}

function letValue(value: LetValue): unknown {
  if (typeof value !== 'object') return value;
  if ('repeat' in value) return value.repeat.repeat(value.times);
  return Array.from({ length: value.times }, (_, index) => value.list.replaceAll('#', String(index + 1)));
}
