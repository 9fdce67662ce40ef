import type { DemoModel } from '../model';
import type { Display } from './terminal';

const REDRAW_MS = 250;

/** Keeps what is to be seen, and shows it: every change of phase at once, the rest at the next beat. */
export class Show {
  private readonly startedMs = performance.now();
  private readonly beats: (() => Partial<DemoModel>)[] = [];
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly display: Display,
    private current: DemoModel,
  ) {}

  get model(): DemoModel {
    return this.current;
  }

  /** Seconds since the show began. */
  get seconds(): number {
    return (performance.now() - this.startedMs) / 1000;
  }

  begin(): void {
    this.draw();
    this.timer = setInterval(() => this.beat(), REDRAW_MS);
  }

  end(): void {
    clearInterval(this.timer);
    this.draw();
  }

  /** Asked at each beat for what changes by itself. */
  onBeat(look: () => Partial<DemoModel>): void {
    this.beats.push(look);
  }

  change(part: Partial<DemoModel>): void {
    const isTurn = part.phase !== undefined && part.phase !== this.current.phase;
    this.current = { ...this.current, ...part };
    if (isTurn) this.draw();
  }

  private beat(): void {
    for (const look of this.beats) this.current = { ...this.current, ...look() };
    this.draw();
  }

  private draw(): void {
    this.current = { ...this.current, seconds: this.seconds };
    this.display.show(this.current);
  }
}
