import { setTimeout as delay } from 'node:timers/promises';
import type { MarkedReport } from './receipts';

/** Where a probe goes. */
export interface ProbeOptions {
  readonly serverUrl: string;
  readonly gatewayToken: string;
  /** Letters and digits. */
  readonly controllerId: string;
}

/** How long after a moment the answers were right. */
export interface Recovery {
  /** The first right answer to a poll and to a report, whichever came later. Infinite: none yet. */
  readonly rightAfterMs: number;
  /** The last wrong answer to either; 0: none. */
  readonly wrongUntilMs: number;
}

interface Reply {
  readonly kind: 'poll' | 'report';
  readonly beginMs: number;
  readonly endMs: number;
  readonly isRight: boolean;
}

const EVERY_MS = 25;
const PATIENCE_MS = 60_000;

/** A device that polls and reports all the time and notes when it was answered rightly. */
export class Probe {
  readonly reports: MarkedReport[] = [];
  private readonly replies: Reply[] = [];
  private readonly baseUrl: string;
  private actionUrl = '';
  private isOver = false;
  private loops: Promise<unknown> = Promise.resolve();

  constructor(private readonly options: ProbeOptions) {
    const { serverUrl, controllerId } = options;
    this.baseUrl = `${serverUrl}/DEFAULT/controller/v1/${controllerId}`;
  }

  /** Takes the action that it is offered, and goes on with it without end. */
  async start(): Promise<void> {
    await this.request('GET', this.baseUrl);
    const data = { sw_version: '1.0.0', board: 'simulated', hwRevision: '1.0' };
    await this.request('PUT', `${this.baseUrl}/configData`, { mode: 'merge', data });
    const poll = JSON.parse((await this.request('GET', this.baseUrl)).text) as {
      _links?: { deploymentBase?: { href: string } };
    };
    const href = poll._links?.deploymentBase?.href;
    if (href === undefined) throw new Error(`${this.options.controllerId} is offered nothing`);
    await this.request('GET', href);
    this.actionUrl = href.replace(/\?.*$/, '');
    this.loops = Promise.all([this.repeat('poll'), this.repeat('report')]);
  }

  async stop(): Promise<void> {
    this.isOver = true;
    await this.loops;
  }

  /** How it went after `sinceMs`, a `performance.now()`. */
  recovery(sinceMs: number): Recovery {
    const after = this.replies.filter(({ endMs }) => endMs >= sinceMs);
    const firstRight = (kind: Reply['kind']): number =>
      after.find((reply) => reply.kind === kind && reply.isRight)?.endMs ?? Number.POSITIVE_INFINITY;
    const lastWrong = after.findLast(({ isRight }) => !isRight);
    return {
      rightAfterMs: Math.max(firstRight('poll'), firstRight('report')) - sinceMs,
      wrongUntilMs: lastWrong === undefined ? 0 : lastWrong.endMs - sinceMs,
    };
  }

  /** Waits for right answers after `sinceMs`; how long after it they came. */
  async untilRight(sinceMs: number): Promise<number> {
    const startedMs = performance.now();
    while (performance.now() - startedMs < PATIENCE_MS) {
      const { rightAfterMs } = this.recovery(sinceMs);
      if (Number.isFinite(rightAfterMs)) return rightAfterMs;
      await delay(10);
    }
    throw new Error(`no right answer within ${PATIENCE_MS / 1000} s`);
  }

  private async repeat(kind: Reply['kind']): Promise<void> {
    while (!this.isOver) {
      const beginMs = performance.now();
      const status = await (kind === 'poll' ? this.poll() : this.report());
      this.replies.push({ kind, beginMs, endMs: performance.now(), isRight: status === 200 });
      await delay(EVERY_MS);
    }
  }

  private async poll(): Promise<number> {
    return (await this.request('GET', this.baseUrl)).status;
  }

  private async report(): Promise<number> {
    const mark = `~${this.options.controllerId}x${this.reports.length}~`;
    const report = { on: 'deployment' as const, status: 'proceeding', answer: 0, mark };
    const actionId = this.actionUrl.split('/').at(-1) ?? '';
    this.reports.push({ actionId, report });
    const status = { execution: 'proceeding', result: { finished: 'none' }, details: [mark] };
    const reply = await this.request('POST', `${this.actionUrl}/feedback`, { id: actionId, status });
    report.answer = reply.status;
    return reply.status;
  }

  /** Status 0: there was no answer. */
  private async request(
    method: string,
    url: string,
    body?: object,
  ): Promise<{ status: number; text: string }> {
    try {
      const answer = await fetch(url, {
        method,
        headers: {
          authorization: `GatewayToken ${this.options.gatewayToken}`,
          accept: 'application/json',
          connection: 'close',
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        signal: AbortSignal.timeout(PATIENCE_MS),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return { status: 0, text: '' };
    }
  }
}
