import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from './eventually';

/** One connection of a device and its continuation to the server. */
interface Leg {
  readonly device: Socket;
  readonly server: Socket;
  readonly waiting: Buffer[];
  allowanceBytes: number;
}

const TICK_MS = 25;
/** One answer to a poll passes at once even on a slow link, or the throttle would also delay the cancel. */
const FIRST_ALLOWANCE_BYTES = 4_096;

/**
 * The network between devices and the server, which a test can slow down or cut.
 *
 * It forwards bytes and does not read HTTP: the Host header stays as the device wrote it (this link's port),
 * and so every href that the server builds from it leads through the link as well, the artifact's included.
 *
 * The speed holds per connection and towards the device only. swupdate downloads on a connection of its own,
 * so polls and reports stay fast while an artifact trickles. The server is not slowed down: kernel buffers
 * swallow a small bundle, so its access log may show a finished download while the device is still in the
 * middle of it.
 */
export class NetworkLink {
  private readonly legs = new Set<Leg>();
  private bytesPerSecond = Number.POSITIVE_INFINITY;
  private isDown = false;
  private carried = 0;
  private readonly clock: NodeJS.Timeout;

  private constructor(
    private readonly listener: Server,
    private readonly target: URL,
  ) {
    listener.on('connection', (device) => this.join(device));
    this.clock = setInterval(() => this.tick(), TICK_MS);
    this.clock.unref();
  }

  /** Opens a link to a server on a free port of 127.0.0.1. */
  static async to(serverUrl: string): Promise<NetworkLink> {
    const listener = createServer({ noDelay: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new NetworkLink(listener, new URL(serverUrl));
  }

  /** What a device has to use as the server's address. */
  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  /** Bytes handed to devices since the link was opened. */
  get carriedBytes(): number {
    return this.carried;
  }

  /** Lets at most so many bytes per second through to the device, on each connection. */
  slowDownTo(bytesPerSecond: number): void {
    this.bytesPerSecond = bytesPerSecond;
  }

  /** Ends the slowness; what waited goes out at once. */
  fullSpeed(): void {
    this.bytesPerSecond = Number.POSITIVE_INFINITY;
    this.tick();
  }

  /** Resets every connection that is open now; new ones are welcome. */
  cut(): void {
    for (const leg of [...this.legs]) {
      this.part(leg);
    }
  }

  /** Cuts and refuses every new connection until {@link NetworkLink.up}. */
  down(): void {
    this.isDown = true;
    this.cut();
  }

  /** Takes connections again. */
  up(): void {
    this.isDown = false;
  }

  /**
   * Waits until `bytes` more than now (or than `since`) were handed to devices: a download is in its middle.
   */
  async waitForCarried(bytes: number, options: { since?: number; timeoutMs?: number } = {}): Promise<void> {
    const since = options.since ?? this.carried;
    await eventually(
      () => {
        if (this.carried - since < bytes) {
          throw new Error(`only ${this.carried - since} of ${bytes} bytes went through the link`);
        }
      },
      { timeoutMs: options.timeoutMs ?? 20_000, everyMs: TICK_MS },
    );
  }

  /** Closes the link for good. */
  async close(): Promise<void> {
    clearInterval(this.clock);
    this.cut();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private join(device: Socket): void {
    if (this.isDown) {
      device.resetAndDestroy();
      return;
    }
    const server = connect({
      host: this.target.hostname,
      port: Number(this.target.port || 80),
      noDelay: true,
    });
    const leg: Leg = { device, server, waiting: [], allowanceBytes: FIRST_ALLOWANCE_BYTES };
    this.legs.add(leg);
    device.pipe(server, { end: false });
    server.on('data', (bytes: Buffer) => {
      leg.waiting.push(bytes);
      this.release(leg);
    });
    // A device that half-closes still waits for its answer; a server that closes has no more to say.
    device.on('end', () => server.end());
    server.on('end', () => this.endWhenEmpty(leg));
    for (const socket of [device, server]) {
      socket.on('error', () => this.part(leg));
    }
    device.on('close', () => this.part(leg));
  }

  private tick(): void {
    const refill = (this.bytesPerSecond * TICK_MS) / 1_000;
    for (const leg of this.legs) {
      leg.allowanceBytes = Math.min(leg.allowanceBytes + refill, Math.max(refill, FIRST_ALLOWANCE_BYTES));
      this.release(leg);
    }
  }

  private release(leg: Leg): void {
    if (this.bytesPerSecond === Number.POSITIVE_INFINITY) {
      leg.allowanceBytes = Number.POSITIVE_INFINITY;
    } else if (leg.allowanceBytes === Number.POSITIVE_INFINITY) {
      leg.allowanceBytes = FIRST_ALLOWANCE_BYTES;
    }
    let next = leg.waiting.shift();
    while (next !== undefined) {
      const now = next.subarray(0, Math.max(0, Math.floor(leg.allowanceBytes)));
      leg.allowanceBytes -= now.length;
      this.carried += now.length;
      leg.device.write(now);
      if (now.length < next.length) {
        leg.waiting.unshift(next.subarray(now.length));
        break;
      }
      next = leg.waiting.shift();
    }
    if (leg.server.readableEnded) {
      this.endWhenEmpty(leg);
    }
  }

  private endWhenEmpty(leg: Leg): void {
    if (leg.waiting.length === 0) {
      leg.device.end();
    }
  }

  private part(leg: Leg): void {
    this.legs.delete(leg);
    leg.waiting.length = 0;
    leg.server.destroy();
    if (!leg.device.destroyed) {
      leg.device.resetAndDestroy();
    }
  }
}
