/**
 * Repeatable chance. Each stream is named (seed, device, purpose …): what one stream gives never depends on how often
 * another was asked, so a run can be repeated whatever the scheduling.
 */
export class Random {
  private state: number;

  constructor(...name: readonly (string | number)[]) {
    this.state = hashOf(name.join('\u0000'));
  }

  /** From 0 up to, not including, 1 (mulberry32: one number of state, so 20 000 streams weigh nothing). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  between(least: number, most: number): number {
    return least + this.next() * (most - least);
  }

  pick<T>(items: readonly [T, ...T[]]): T {
    return items[Math.floor(this.next() * items.length)] ?? items[0];
  }
}

/** FNV-1a, finished so that names that differ in the last letter only start far apart. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) | 0;
}
