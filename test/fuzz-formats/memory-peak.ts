import { readFileSync, writeFileSync } from 'node:fs';
import { getHeapStatistics } from 'node:v8';

const KIB_PER_MIB = 1024;

/** The memory of this process as Linux counts it, so that buffers and what C++ takes are in it. */
export class MemoryPeak {
  private startMiB = 0;
  private startHeapBytes = 0;

  /** Counts from here on. */
  start(): void {
    this.settle();
    this.startMiB = figureOf('VmRSS');
    this.startHeapBytes = heapBytes();
  }

  /** Lets the peak fall to what is in use. */
  settle(): void {
    globalThis.gc?.();
    writeFileSync('/proc/self/clear_refs', '5');
  }

  /** At the most since `settle`, above what was in use at the start. */
  growthMiB(): number {
    return figureOf('VmHWM') - this.startMiB;
  }

  /** Of V8's objects, those that are held since the start. To be asked right behind `settle`. */
  keptMiB(): number {
    return (heapBytes() - this.startHeapBytes) / KIB_PER_MIB / KIB_PER_MIB;
  }
}

function heapBytes(): number {
  return getHeapStatistics().used_heap_size;
}

function figureOf(name: string): number {
  const found = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(readFileSync('/proc/self/status', 'utf8'));
  if (!found) throw new Error(`/proc/self/status has no ${name}: this runs on Linux only`);
  return Number(found[1]) / KIB_PER_MIB;
}
