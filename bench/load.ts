import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Topic } from './load/conversation';
import { startChild } from './processes';
import type { Workbench } from './workbench';

/** What the load generator is told to do. */
export interface RoundOrder {
  readonly conversation: 'idle-polls';
  readonly topic: Topic;
  readonly connections: number;
  readonly seconds: number;
}

/** What it saw. Every answer was right, or there is no report. */
export interface RoundReport {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** The load generator: closed loop, in a process of its own, so that its cost is never counted as a server's. */
export class Load {
  private readonly gone: Promise<[{ problem: string }]>;

  private constructor(private readonly child: ChildProcess) {
    this.gone = once(child, 'exit').then(() => [{ problem: 'its process ended' }]);
  }

  static start(workbench: Workbench): Load {
    return new Load(startChild(workbench, join(__dirname, 'load', 'generator.ts')));
  }

  async round(order: RoundOrder): Promise<RoundReport> {
    this.child.send(order);
    const [report] = (await Promise.race([once(this.child, 'message'), this.gone])) as [
      RoundReport | { problem: string },
    ];
    if ('problem' in report) throw new Error(`the load generator gave up: ${report.problem}`);
    return report;
  }
}
