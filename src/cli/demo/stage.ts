import { setTimeout as delay } from 'node:timers/promises';
import type { DemoWish } from './arguments';
import type { DemoServer } from './staging/demo-server';
import { printable } from './drawing/line';
import { newModel } from './model';
import { Play } from './play';
import { VERSIONS } from './staging/sample-fleet';
import { Show } from './drawing/show';
import type { Display } from './drawing/terminal';

/** Why the demo ends. */
export type End =
  | { readonly kind: 'judged' }
  | { readonly kind: 'interrupted' }
  | { readonly kind: 'lost'; readonly how: string }
  | { readonly kind: 'broken'; readonly error: unknown };

/** What the demo is played with. */
export interface Cast {
  readonly wish: DemoWish;
  readonly server: DemoServer;
  readonly display: Display;
  /** Worth knowing before all else. */
  readonly note: string | undefined;
}

const LOG_LINES = 15;
const MOST_MISMATCHES = 20;
/** A request fails a moment before the end of the process is told. */
const LOSS_MS = 1000;
const INTERRUPTED_CODE = 130;

/** One demo, from the first screen to the last word. */
export class Stage {
  private readonly over = new AbortController();
  private readonly show: Show;
  private readonly play: Play;

  constructor(private readonly cast: Cast) {
    const { wish, server, display, note } = cast;
    const { url, apiToken, folder } = server;
    const place = { url, apiToken, folder: folder.path, files: folder.files };
    const { devices, isOnce } = wish;
    const start = { place, note, isStaying: !isOnce, versions: VERSIONS, devices };
    this.show = new Show(display, newModel(start));
    this.play = new Play(wish, server, this.show, this.over.signal);
  }

  /** Resolves with the exit code, when fleet, server, database and data are gone. */
  async perform(interruption: Promise<End>): Promise<number> {
    const { server, display } = this.cast;
    try {
      this.show.begin();
      const end = await this.ending(interruption);
      if (end.kind === 'lost') this.show.change({ phase: 'lost' });
      this.show.end();
      display.say(await this.lastWords(end));
      return this.exitCode(end);
    } finally {
      this.over.abort();
      this.play.stop();
      await server.discard();
      display.say(['Stopped. Nothing is left behind.']);
    }
  }

  private async ending(interruption: Promise<End>): Promise<End> {
    const lost = this.cast.server.ended.then((how): End => ({ kind: 'lost', how }));
    const first = await Promise.race([this.endOf(this.play.untilVerdict()), interruption, lost]);
    if (first.kind === 'broken') return Promise.race([lost, delay(LOSS_MS).then(() => first)]);
    if (first.kind !== 'judged' || this.cast.wish.isOnce) return first;
    return Promise.race([this.endOf(this.play.goOn()), interruption, lost]);
  }

  private endOf(playing: Promise<void>): Promise<End> {
    return playing.then(
      (): End => ({ kind: 'judged' }),
      (error: unknown): End => ({ kind: 'broken', error }),
    );
  }

  private async lastWords(end: End): Promise<string[]> {
    const mismatches = this.mismatches.slice(0, MOST_MISMATCHES);
    const stopping = [...mismatches, 'Stopping the fleet, the server and its Postgres ...'];
    switch (end.kind) {
      case 'judged':
      case 'interrupted':
        return stopping;
      case 'lost':
        return [`The server has ended (${end.how}). Its log ends with:`, ...(await this.logLines())];
      case 'broken': {
        const why = end.error instanceof Error ? end.error.message : String(end.error);
        return [`The demo broke off: ${why}. The server's log ends with:`, ...(await this.logLines())];
      }
    }
  }

  private async logLines(): Promise<string[]> {
    return (await this.cast.server.lastLogLines(LOG_LINES)).map((line) => `  ${printable(line)}`);
  }

  private exitCode({ kind }: End): number {
    if (kind === 'lost' || kind === 'broken' || this.mismatches.length > 0) return 1;
    return kind === 'interrupted' && this.cast.wish.isOnce ? INTERRUPTED_CODE : 0;
  }

  private get mismatches(): readonly string[] {
    return this.show.model.judged?.mismatches ?? [];
  }
}
