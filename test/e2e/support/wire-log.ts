import { eventually } from './eventually';
import type { Leg, NetworkLink } from './network-link';

/** One request as it went over a link, and its answer. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. Of a name that is there twice, the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly atMs: number;
  /** Undefined until it is answered. */
  readonly status: number | undefined;
}

const REQUEST = /^(GET|HEAD|POST|PUT|DELETE|PATCH) (\S+) HTTP\/1\.[01]\r\n/;
const ANSWER = /^HTTP\/1\.[01] ([2-5]\d\d) /;
const MOST_HEAD_BYTES = 8_192;

/**
 * Reads along what devices and server say to each other over a link, as far as it is not encrypted.
 *
 * It looks for heads at the begin of what comes in at once: a client that waits for each answer sends them so, and a
 * server writes an answer's head with one call. "100 Continue" is no answer.
 */
export class WireLog {
  private readonly seen: { exchange: Exchange & { status: number | undefined }; leg: Leg }[] = [];

  constructor(link: NetworkLink) {
    link.watch((way, bytes, leg) => {
      const text = bytes.toString('latin1', 0, MOST_HEAD_BYTES);
      if (way === 'there') this.noteRequest(text, leg);
      else this.noteAnswer(text, leg);
    });
  }

  /** All so far, oldest first. */
  get exchanges(): readonly Exchange[] {
    return this.seen.map(({ exchange }) => exchange);
  }

  /** Those whose method and path, with one space between, fit. */
  matching(pattern: RegExp): readonly Exchange[] {
    return this.exchanges.filter(({ method, path }) => pattern.test(`${method} ${path}`));
  }

  /** The polls of a device. */
  pollsOf(controllerId: string): readonly Exchange[] {
    return this.matching(new RegExp(`^GET /[^/]+/controller/v1/${controllerId}$`));
  }

  /** The downloads of artifacts; HEAD apart. */
  get downloads(): readonly Exchange[] {
    return this.matching(/^GET .*\/artifacts\//);
  }

  /** What was reported about an action, and how that was answered. */
  reportsOn(actionId: string): readonly Exchange[] {
    return this.matching(new RegExp(`^POST .*/deploymentBase/${actionId}/feedback$`));
  }

  /** Waits for so many more of them, answered. */
  async untilMore(select: () => readonly Exchange[], count: number): Promise<void> {
    const answered = (): number => select().filter(({ status }) => status !== undefined).length;
    const before = answered();
    await eventually(
      () => {
        if (answered() < before + count)
          throw new Error(`only ${answered() - before} of ${count} more were seen`);
      },
      { timeoutMs: 60_000 },
    );
  }

  private noteRequest(text: string, leg: Leg): void {
    const [whole, method, path] = REQUEST.exec(text) ?? [];
    if (whole === undefined || method === undefined || path === undefined) return;
    const head = text.slice(whole.length).split('\r\n\r\n', 1)[0] ?? '';
    const headers = Object.fromEntries(
      head.split('\r\n').map((line): [string, string] => {
        const [name = '', ...value] = line.split(':');
        return [name.toLowerCase(), value.join(':').trim()];
      }),
    );
    this.seen.push({ exchange: { method, path, headers, atMs: performance.now(), status: undefined }, leg });
  }

  private noteAnswer(text: string, leg: Leg): void {
    const status = ANSWER.exec(text)?.[1];
    const open = this.seen.find((one) => one.leg === leg && one.exchange.status === undefined);
    if (status !== undefined && open !== undefined) {
      open.exchange = { ...open.exchange, status: Number(status) };
    }
  }
}
