import type { Socket } from 'node:net';
import { Flow, type Way, type Weather } from './link-flow';

/** What a leg shares with the others of its link. */
export interface LegSurroundings {
  readonly weather: Readonly<Record<Way, Weather>>;
  /** Is shown all bytes as they come in, before they are sent on; it may cut the leg. */
  readonly onBytes: (way: Way, bytes: Buffer, leg: Leg) => void;
  readonly onCarried: (way: Way, bytes: number) => void;
  readonly onParted: (leg: Leg) => void;
}

/** One connection of a caller and its continuation to the target. */
export class Leg {
  private readonly flows: Readonly<Record<Way, Flow>>;
  private isParted = false;
  /** One side is gone and the other does not know: the way to it is stalled. */
  private isLost = false;

  constructor(
    private readonly caller: Socket,
    private readonly target: Socket,
    private readonly surroundings: LegSurroundings,
  ) {
    const { weather, onCarried } = surroundings;
    this.flows = {
      there: new Flow(weather.there, target, (bytes) => onCarried('there', bytes)),
      back: new Flow(weather.back, caller, (bytes) => onCarried('back', bytes)),
    };
    this.join('there', caller);
    this.join('back', target);
    // A caller that half-closes still waits for its answer; a target that closes has no more to say.
    caller.on('close', () => this.lose('there'));
  }

  /** Resets both sides. */
  cut(): void {
    if (this.isParted) return;
    this.isParted = true;
    this.flows.there.clear();
    this.flows.back.clear();
    for (const socket of [this.caller, this.target]) {
      if (!socket.destroyed) socket.resetAndDestroy();
    }
    this.surroundings.onParted(this);
  }

  /** A little time has passed. */
  tick(ms: number): void {
    this.flows.there.refill(ms);
    this.flows.back.refill(ms);
    this.takeInMore();
  }

  /** The weather has changed. */
  release(): void {
    const { weather } = this.surroundings;
    this.flows.there.release();
    this.flows.back.release();
    this.takeInMore();
    if (this.isLost && !weather.there.isStalled && !weather.back.isStalled) this.cut();
  }

  private takeInMore(): void {
    if (this.isParted) return;
    if (!this.flows.there.isFull) this.caller.resume();
    if (!this.flows.back.isFull) this.target.resume();
  }

  private join(way: Way, from: Socket): void {
    from.on('data', (bytes: Buffer) => {
      this.surroundings.onBytes(way, bytes, this);
      if (this.isParted) return;
      this.flows[way].push(bytes);
      if (this.flows[way].isFull) from.pause();
    });
    from.on('end', () => this.flows[way].end());
    from.on('error', () => this.lose(way));
  }

  /** The side from which `way` leads is gone. */
  private lose(way: Way): void {
    if (this.surroundings.weather[way].isStalled) this.isLost = true;
    else this.cut();
  }
}
