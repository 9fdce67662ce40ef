import { cpus, release, totalmem } from 'node:os';

/** What a figure was measured on. No names of hosts or people: it is committed. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
}

export function describeMachine(): Machine {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    kernel: `${process.platform} ${release().replace(/[^\d.].*$/, '')}`,
    node: process.version,
  };
}
