import type { DdiAnswer, DdiRequest } from '../ddi/ddi-client';
import { deviceTime, type DeviceAttributes, type Report } from '../ddi/bodies';
import type { SentReport } from '../judging/oracle';
import type { Update } from './update';
import type { World } from './world';
import {
  MalformedAnswerError,
  parseDeployment,
  parsePoll,
  parseStopId,
  type Deployment,
  type Links,
} from '../ddi/wire';

/** How one client speaks DDI. */
export interface Dialect {
  readonly headers: Readonly<Record<string, string>>;
  readonly feedback: (actionId: string, time: string, report: Report) => string;
  readonly configData: (time: string, attributes: DeviceAttributes) => string;
  /** How the client calls what it is and runs. */
  readonly attributes: (facts: DeviceFacts) => DeviceAttributes;
  /** Answers to reports and attributes after which the client tries again, ten times. */
  readonly repeatsAfter?: readonly number[];
}

export interface DeviceFacts {
  readonly controllerId: string;
  readonly model: string;
  readonly revision: string;
  readonly version: string;
}

/** Where a report goes, and whether its sender is gone before the answer. */
export interface Sending {
  readonly on: SentReport['on'];
  readonly url: string;
  readonly hangsUp?: boolean;
}

const REPEATS = 10;

/** One device's conversation with the server. Whatever is sent or said is told to the oracle. */
export class DdiSession {
  private turn = 0;
  /** As the server last told it. */
  sleepMs: number;

  constructor(
    private readonly world: World,
    readonly controllerId: string,
    private readonly dialect: Dialect,
  ) {
    this.sleepMs = world.settings.pollMs ?? 5000;
  }

  /** The instance that was polled last; the links lead there too. */
  get serverUrl(): string {
    const { urls } = this.world.settings;
    return urls[this.turn % urls.length] ?? '';
  }

  get baseUrl(): string {
    const { tenant } = this.world.settings;
    return `${this.serverUrl}/${tenant}/controller/v1/${encodeURIComponent(this.controllerId)}`;
  }

  get headers(): Record<string, string> {
    return { Authorization: `GatewayToken ${this.world.settings.gatewayToken}`, ...this.dialect.headers };
  }

  ask(method: DdiRequest['method'], url: string): Promise<DdiAnswer> {
    return this.world.client.ask({ method, url, headers: this.headers });
  }

  /** The links of a root poll; undefined when it was not answered 200. */
  async poll(): Promise<Links | undefined> {
    this.turn += 1;
    this.world.client.traffic.polls += 1;
    const answer = await this.ask('GET', this.baseUrl);
    if (answer.status !== 200) return undefined;
    const poll = this.read(() => parsePoll(answer.body));
    if (poll === undefined) return undefined;
    this.sleepMs = this.world.settings.pollMs ?? poll.sleepMs;
    return poll.links;
  }

  async deployment(href: string): Promise<Deployment | undefined> {
    const answer = await this.ask('GET', href);
    return answer.status === 200 ? this.read(() => parseDeployment(answer.body)) : undefined;
  }

  /** What the server wants stopped. */
  async stopId(href: string): Promise<string | undefined> {
    const answer = await this.ask('GET', href);
    return answer.status === 200 ? this.read(() => parseStopId(answer.body)) : undefined;
  }

  /** Sends a report; the answer's status, 0 when there was none. */
  async send(update: Update, report: Report, { on, url, hangsUp }: Sending): Promise<number> {
    const { oracle, client } = this.world;
    return this.insist(async () => {
      client.traffic.reports += 1;
      const { body, mark } = this.feedback(update, report);
      const sent = oracle.sent(update.truth, on, report, mark);
      const goesAway = hangsUp === true ? { hangsUp } : {};
      const { status } = await client.ask({ method: 'POST', url, headers: this.headers, body, ...goesAway });
      oracle.answered(this.controllerId, update.truth, sent, status);
      return status;
    });
  }

  async putAttributes(version: string, url = `${this.baseUrl}/configData`): Promise<boolean> {
    const { client, oracle, settings } = this.world;
    const { model, revision } = settings;
    const facts = { controllerId: this.controllerId, model, revision, version };
    const body = this.dialect.configData(this.time(), this.dialect.attributes(facts));
    const status = await this.insist(async () => {
      const answer = await client.ask({ method: 'PUT', url, headers: this.headers, body });
      oracle.attributesSent(this.controllerId, version, answer.status);
      return answer.status;
    });
    return status === 200;
  }

  /** A mark makes two reports with the same words two: what was lost or counted twice can be named. */
  private feedback(update: Update, report: Report): { body: string; mark?: string } {
    const { oracle, settings } = this.world;
    if (!settings.marksReports) return { body: this.dialect.feedback(update.actionId, this.time(), report) };
    const mark = oracle.nextMark();
    const marked = { ...report, details: [...(report.details ?? []), mark] };
    const body = this.dialect.feedback(update.actionId, this.time(), marked);
    // Zephyr sends no details.
    return body.includes(mark) ? { body, mark } : { body };
  }

  private async insist(send: () => Promise<number>): Promise<number> {
    const { repeatsAfter = [] } = this.dialect;
    for (let attempt = 1; ; attempt += 1) {
      const status = await send();
      if (!repeatsAfter.includes(status) || attempt > REPEATS) return status;
      await this.world.wheel.sleep(1000);
    }
  }

  private read<T>(parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof MalformedAnswerError)) throw error;
      this.world.oracle.complain(`${this.controllerId} was told something unreadable: ${error.message}`);
      return undefined;
    }
  }

  private time(): string {
    return deviceTime(performance.now());
  }
}
