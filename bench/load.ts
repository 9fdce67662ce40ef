import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Topic } from './load/conversation';
import type { ConversationName } from './load/conversations';
import { pidOf, startChild } from './processes';
import type { Workbench } from './workbench';

/** What the load generator is told to do. */
export interface LoadOrder {
  readonly conversation: ConversationName;
  readonly topic: Topic;
  readonly connections: number;
  readonly seconds: number;
}

/** What whoever drove a round saw. Every answer was right, or there is no report. */
export interface RoundReport {
  readonly units: number;
  readonly requests: number;
  readonly seconds: number;
  /** Of units, from the first request to the last answer. */
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface LoadReport extends RoundReport {
  /** The first number that is still free. */
  readonly next: number;
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

  get pid(): number {
    return pidOf(this.child);
  }

  async round(order: LoadOrder): Promise<LoadReport> {
    this.child.send(order);
    const [report] = (await Promise.race([once(this.child, 'message'), this.gone])) as [
      LoadReport | { problem: string },
    ];
    if ('problem' in report) throw new Error(`the load generator gave up: ${report.problem}`);
    if (report.units === 0) throw new Error('the round is empty: the fleet is used up, take more --devices');
    return report;
  }
}
