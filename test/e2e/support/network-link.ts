import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { eventually } from './eventually';
import { fairWeather, type Way } from './link-flow';
import { Leg } from './link-leg';

export type { Leg, Way };

/** Is shown all bytes on their way; what it does to the leg happens before they are sent on. */
export type Tap = (way: Way, bytes: Buffer, leg: Leg) => void;

const TICK_MS = 25;
const WAYS: readonly Way[] = ['there', 'back'];
const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  'http:': 80,
  'postgres:': 5432,
  'postgresql:': 5432,
};

/**
 * The network between callers and a server, which a test can slow down, delay, stall or cut: between devices and
 * Rookery as well as between Rookery and Postgres.
 *
 * It forwards bytes and does not read HTTP: the Host header stays as the device wrote it (this link's port),
 * and so every href that the server builds from it leads through the link as well, the artifact's included.
 *
 * The speed holds per connection and towards the caller only. swupdate downloads on a connection of its own,
 * so polls and reports stay fast while an artifact trickles. A slow link takes in little more than it hands on, but
 * the buffers of the kernel swallow some megabytes: the server has sent a small bundle whole while the device is still
 * in the middle of it.
 */
export class NetworkLink {
  private readonly legs = new Set<Leg>();
  private readonly taps = new Set<Tap>();
  private readonly weather = { there: fairWeather(), back: fairWeather() };
  private isDown = false;
  private carried = 0;
  private readonly clock: NodeJS.Timeout;

  private constructor(
    private readonly listener: Server,
    private target: URL,
  ) {
    listener.on('connection', (caller) => this.join(caller));
    this.clock = setInterval(() => this.legs.forEach((leg) => leg.tick(TICK_MS)), TICK_MS);
    this.clock.unref();
  }

  /** Opens a link to a server (`http://…` or `postgres://…`) on a free port of 127.0.0.1. */
  static async to(serverUrl: string): Promise<NetworkLink> {
    const listener = createServer({ noDelay: true, allowHalfOpen: true });
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    return new NetworkLink(listener, new URL(serverUrl));
  }

  /** What a device has to use as the server's address. */
  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** The target's own address, user and path included, but through this link. */
  get through(): string {
    const through = new URL(this.target.href);
    through.host = `127.0.0.1:${this.port}`;
    return through.href;
  }

  /** From now on callers reach another server, as after a change in the DNS; connections that are open stay. */
  leadTo(serverUrl: string): void {
    this.target = new URL(serverUrl);
  }

  /** Bytes handed to callers since the link was opened. */
  get carriedBytes(): number {
    return this.carried;
  }

  /** Lets at most so many bytes per second through to the caller, on each connection. */
  slowDownTo(bytesPerSecond: number): void {
    this.weather.back.bytesPerSecond = bytesPerSecond;
  }

  /** Ends the slowness; what waited goes out at once. */
  fullSpeed(): void {
    this.weather.back.bytesPerSecond = Number.POSITIVE_INFINITY;
    this.release();
  }

  /** Everything that is sent from now on arrives so much later; 0 ends that. */
  delay(ms: number, ways: readonly Way[] = WAYS): void {
    for (const way of ways) this.weather[way].delayMs = ms;
  }

  /** A black hole: connections are accepted and bytes taken, but nothing arrives until {@link NetworkLink.flow}. */
  stall(ways: readonly Way[] = WAYS): void {
    for (const way of ways) this.weather[way].isStalled = true;
  }

  /** Ends the stall; what was held up arrives now, as if TCP had repeated it. */
  flow(): void {
    for (const way of WAYS) this.weather[way].isStalled = false;
    this.release();
  }

  /** Resets every connection that is open now; new ones are welcome. */
  cut(): void {
    for (const leg of [...this.legs]) leg.cut();
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

  /** Shows all bytes to `tap` from now on; call what it returns to end that. */
  watch(tap: Tap): () => void {
    this.taps.add(tap);
    return () => this.taps.delete(tap);
  }

  /**
   * Waits until `bytes` more than now (or than `since`) were handed to callers: a download is in its middle.
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
    this.down();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  private join(caller: Socket): void {
    if (this.isDown) {
      caller.resetAndDestroy();
      return;
    }
    const { hostname: host, protocol, port } = this.target;
    const number = Number(port || DEFAULT_PORTS[protocol]);
    const target = connect({ host, port: number, noDelay: true, allowHalfOpen: true });
    const surroundings = {
      weather: this.weather,
      onBytes: (way: Way, bytes: Buffer, leg: Leg) => this.taps.forEach((tap) => tap(way, bytes, leg)),
      onCarried: (way: Way, bytes: number) => {
        if (way === 'back') this.carried += bytes;
      },
      onParted: (leg: Leg) => this.legs.delete(leg),
    };
    this.legs.add(new Leg(caller, target, surroundings));
  }

  private release(): void {
    for (const leg of this.legs) leg.release();
  }
}
