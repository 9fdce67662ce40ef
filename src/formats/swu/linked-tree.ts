import { FormatError, quoted } from '../format.error';
import type { LibconfigGroup, LibconfigValue } from '../libconfig/libconfig.parser';

/** A value and the names that lead to it from the root; the elements of a list have the path of the list. */
export interface Located {
  readonly value: LibconfigValue;
  readonly path: readonly string[];
}

const MAX_HOPS = 32;
const MAX_PATH = 16;
const MAX_VISITS = 200_000;

/**
 * A sw-description whose links are followed: `x = { ref = "#./common"; }` stands for its target. `.` is the
 * group that holds the link, `..` its parent, and a link that begins with a name is absolute (SWUpdate
 * documentation, "Using links").
 */
export class LinkedTree {
  private visits = 0;

  constructor(private readonly root: LibconfigGroup) {}

  /** What a path leads to, or undefined. */
  find(path: readonly string[]): Located | undefined {
    return this.walk(path, { left: MAX_HOPS });
  }

  /** A child by name, with links followed. */
  child(parent: Located, name: string): Located | undefined {
    this.visit();
    if (!(parent.value instanceof Map)) return undefined;
    const value = parent.value.get(name);
    return value === undefined ? undefined : this.resolve({ value, path: [...parent.path, name] });
  }

  /** The elements of a list with links followed; a link to another list gives that list's elements. */
  elements(list: Located): Located[] {
    if (!Array.isArray(list.value)) return [];
    return list.value.flatMap((value) => {
      this.visit();
      const element = this.resolve({ value, path: list.path });
      if (!element || !Array.isArray(element.value)) return element ? [element] : [];
      this.visit(element.value.length);
      return element.value.map((inner) => ({ value: inner, path: element.path }));
    });
  }

  /** The value itself, or what its link leads to; undefined when that does not exist. */
  resolve(node: Located): Located | undefined {
    return this.follow(node, { left: MAX_HOPS });
  }

  private walk(path: readonly string[], hops: { left: number }): Located | undefined {
    let node: Located | undefined = { value: this.root, path: [] };
    for (const name of path) {
      const value: LibconfigValue | undefined = node.value instanceof Map ? node.value.get(name) : undefined;
      if (value === undefined) return undefined;
      node = this.follow({ value, path: [...node.path, name] }, hops);
      if (!node) return undefined;
    }
    return node;
  }

  private follow(node: Located, hops: { left: number }): Located | undefined {
    const ref = node.value instanceof Map ? node.value.get('ref') : undefined;
    if (typeof ref !== 'string') return node;
    this.visit();
    if (hops.left-- === 0) {
      throw new FormatError(
        `the link ${quoted(ref)} at ${quoted(node.path.join('.'))} leads round in a circle.`,
      );
    }
    const target = linkTarget(ref, node.path);
    return target && this.walk(target, hops);
  }

  /** Links can make a small text describe an enormous tree; no honest bundle comes near this bound. */
  private visit(count = 1): void {
    this.visits += count;
    if (this.visits > MAX_VISITS) {
      throw new FormatError('the sections and links are too many to follow. Write fewer, simpler sections.');
    }
  }
}

function linkTarget(ref: string, from: readonly string[]): string[] | undefined {
  if (!ref.startsWith('#') || ref.length > 1024) return undefined;
  const target = from.slice(0, -1);
  const steps = ref.slice(1).split('/').filter(Boolean);
  for (const [index, step] of steps.entries()) {
    if (step === '.') continue;
    if (step === '..') {
      if (target.pop() === undefined) return undefined;
      continue;
    }
    if (index === 0) target.length = 0;
    target.push(step);
    if (target.length > MAX_PATH) return undefined;
  }
  return target;
}
