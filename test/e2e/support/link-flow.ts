import type { Socket } from 'node:net';

/** Which way bytes go: from whoever connected to the target of the link, or back. */
export type Way = 'there' | 'back';

/** What befalls all bytes that go one way, on every connection of a link. */
export interface Weather {
  bytesPerSecond: number;
  /** How much later they arrive. */
  delayMs: number;
  /** They are taken and kept: a black hole, in which even the end of a connection is not heard. */
  isStalled: boolean;
}

interface Waiting {
  readonly bytes: Buffer;
  readonly dueMs: number;
}

/** One answer to a poll passes at once even on a slow link, or the throttle would also delay the cancel. */
const FIRST_ALLOWANCE_BYTES = 4_096;

/** On a slow way no more is taken in than this, so that the sender of something large is still at it. */
const MOST_WAITING_BYTES = 256 * 1024;

export function fairWeather(): Weather {
  return { bytesPerSecond: Number.POSITIVE_INFINITY, delayMs: 0, isStalled: false };
}

/** One way of one connection: what has come in and did not go out yet. */
export class Flow {
  private readonly waiting: Waiting[] = [];
  private waitingBytes = 0;
  private allowanceBytes = FIRST_ALLOWANCE_BYTES;
  private hasEnded = false;
  private lastDueMs = 0;

  constructor(
    private readonly weather: Weather,
    private readonly out: Socket,
    private readonly onCarried: (bytes: number) => void,
  ) {}

  /** Nothing more shall come in for now. */
  get isFull(): boolean {
    const isSlow = this.weather.bytesPerSecond !== Number.POSITIVE_INFINITY && !this.weather.isStalled;
    return isSlow && this.waitingBytes > MOST_WAITING_BYTES;
  }

  push(bytes: Buffer): void {
    const { delayMs } = this.weather;
    const dueMs = Math.max(this.lastDueMs, performance.now() + delayMs);
    this.lastDueMs = dueMs;
    this.waiting.push({ bytes, dueMs });
    this.waitingBytes += bytes.length;
    if (dueMs > performance.now()) setTimeout(() => this.release(), dueMs - performance.now() + 1);
    else this.release();
  }

  /** Nothing more comes in; what waits still goes out. */
  end(): void {
    this.hasEnded = true;
    this.release();
  }

  /** A little time has passed: more may go out. */
  refill(ms: number): void {
    const refill = (this.weather.bytesPerSecond * ms) / 1_000;
    this.allowanceBytes = Math.min(this.allowanceBytes + refill, Math.max(refill, FIRST_ALLOWANCE_BYTES));
    this.release();
  }

  /** Sends what the weather lets through now. */
  release(): void {
    if (this.out.destroyed || this.weather.isStalled) return;
    this.readAllowance();
    let next = this.waiting[0];
    while (next !== undefined && next.dueMs <= performance.now() + 0.5) {
      const now = next.bytes.subarray(0, Math.max(0, Math.floor(this.allowanceBytes)));
      this.allowanceBytes -= now.length;
      this.waitingBytes -= now.length;
      this.onCarried(now.length);
      if (now.length > 0) this.out.write(now);
      if (now.length < next.bytes.length) {
        this.waiting[0] = { bytes: next.bytes.subarray(now.length), dueMs: next.dueMs };
        return;
      }
      this.waiting.shift();
      next = this.waiting[0];
    }
    if (this.hasEnded && this.waiting.length === 0) this.out.end();
  }

  clear(): void {
    this.waiting.length = 0;
    this.waitingBytes = 0;
  }

  private readAllowance(): void {
    if (this.weather.bytesPerSecond === Number.POSITIVE_INFINITY) {
      this.allowanceBytes = Number.POSITIVE_INFINITY;
    } else if (this.allowanceBytes === Number.POSITIVE_INFINITY) {
      this.allowanceBytes = FIRST_ALLOWANCE_BYTES;
    }
  }
}
