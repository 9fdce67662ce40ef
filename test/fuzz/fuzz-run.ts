import { auditBooks } from '../faults/books';
import type { Arena } from './arena';
import { Chance } from './chance';
import { Conversation, type Place } from './exchange';
import { mutantOf } from './generator';
import { faultsOf, faultText, intrusions, type Fault, type Intrusion } from './judge';
import { standingOf, type Exchanged } from './plea';
import type { Mutant } from './request';
import { Tally, type Figures } from './tally';

export interface FuzzWish {
  readonly seed: number;
  readonly requests: number;
  /** The first batch; each is the same whatever came before it. */
  readonly firstBatch?: number;
  /** Where the requests go, when not straight to the server: something that a test has put in between. */
  readonly place?: Place;
  /** Between the answers and the judgement of a batch. */
  readonly meanwhile?: (batch: number, exchanged: readonly Exchanged[]) => Promise<void>;
  readonly say?: (line: string) => void;
}

/** What a run has shown. */
export interface FuzzResult extends Figures {
  readonly seed: number;
  readonly batches: number;
  /** Everything that is not as it should be, in words. Has to be empty. */
  readonly faults: readonly string[];
  /** How many tables were watched for changes. */
  readonly watchedTables: number;
  /** How many rows the accepted requests changed. */
  readonly changedRows: number;
  readonly residentMiB: { readonly before: number | undefined; readonly after: number | undefined };
}

/**
 * How many requests of each kind are under way at a time. Those that break their connections wait most of the time, so they
 * have more lines, beside those that keep the server busy.
 */
const LINES = [
  { isProxied: false, isExact: true, lines: 16 },
  { isProxied: true, isExact: true, lines: 4 },
  { isProxied: false, isExact: false, lines: 24 },
  { isProxied: true, isExact: false, lines: 6 },
] as const;
const REPEATED_PATIENCE = 25;
/** What counts for a whole rollout: changes with each offer, and is compared with all devices in the books. */
const SHARED = ['rollout_lane', 'rollout_tally'];
/** A run that has found so much is broken off. */
const ENOUGH_FAULTS = 100;
/** The compiled code and the caches of the first requests are no leak. */
const WARM_UP_BATCHES = 5;
/** V8 gives memory back when it likes; a leak of 1 KB in each request would be 100 MB in the shortest run. */
const GROWTH_MIB = 400;
const SAY_EVERY = 25;

/** Sends batches of one request for each device, and judges each batch before the next. */
export class FuzzRun {
  private readonly tally = new Tally();
  private readonly faults: string[] = [];
  private readonly lines: { readonly kind: (typeof LINES)[number]; readonly conversation: Conversation }[];
  private readonly startPid: number | undefined;
  private complaints: number;
  private changedRows = 0;
  private batches = 0;
  private residentBefore: number | undefined;

  constructor(
    private readonly arena: Arena,
    private readonly wish: FuzzWish,
  ) {
    const place = wish.place ?? arena.place;
    this.startPid = arena.server.pid;
    this.complaints = arena.complaints.length;
    this.lines = LINES.flatMap((kind) =>
      Array.from({ length: kind.lines }, () => ({
        kind,
        conversation: new Conversation(place, kind.isProxied),
      })),
    );
  }

  async run(): Promise<FuzzResult> {
    const { requests, firstBatch = 0, say } = this.wish;
    const { devices } = this.arena.world;
    for (
      let left = requests, batch = firstBatch;
      left > 0 && this.faults.length < ENOUGH_FAULTS;
      batch += 1
    ) {
      await this.play(batch, Math.min(left, devices.length), left <= devices.length);
      left -= devices.length;
      if (this.batches % SAY_EVERY === 0)
        say?.(`${this.tally.figures.requests} requests, ${this.faults.length} faults`);
    }
    for (const { conversation } of this.lines) conversation.hangUp();
    return this.result();
  }

  private async play(batch: number, size: number, isLast: boolean): Promise<void> {
    const { world, journal } = this.arena;
    const { seed, meanwhile } = this.wish;
    const order = new Chance(seed, batch, 'order').shuffled(world.devices).slice(0, size);
    const mutants = order.map((device, place) => mutantOf({ seed, batch, place }, world, device));
    const exchanged = await this.exchangeAll(mutants);
    await meanwhile?.(batch, exchanged);
    if (exchanged.some((one) => standingOf(one) === 'unheard' || one.outcome.ending === 'left'))
      await this.arena.settled();
    const changes = await journal.take();
    this.changedRows += changes.length;
    this.tally.count(exchanged);
    for (const one of exchanged) this.cry(faultsOf(one));
    this.lookAtServer(batch);
    if (isLast) this.faults.push(...(await auditBooks(this.arena.postgres.url)));
    await journal.restore(changes);
    for (const intrusion of intrusions(exchanged, changes, SHARED)) this.cry(await this.tried(intrusion));
    this.batches += 1;
    if (this.batches === WARM_UP_BATCHES) this.residentBefore = this.arena.residentMiB;
  }

  private async exchangeAll(mutants: readonly Mutant[]): Promise<Exchanged[]> {
    const exchanged: Exchanged[] = [];
    const queues = new Map(LINES.map((kind) => [kind, mutants.filter((mutant) => isOf(mutant, kind))]));
    await Promise.all(
      this.lines.map(async ({ kind, conversation }) => {
        const queue = queues.get(kind) ?? [];
        for (let mutant = queue.pop(); mutant !== undefined; mutant = queue.pop())
          exchanged.push({ mutant, outcome: await conversation.exchange(mutant) });
      }),
    );
    return exchanged;
  }

  /**
   * Sends each suspect once more, alone and with more patience: an answer that came after we had left may show that it was
   * accepted. What cannot be repeated stays a fault.
   */
  private async tried({ suspects, what }: Intrusion): Promise<Fault[]> {
    const { journal, place } = this.arena;
    let isExplained = false;
    for (const mutant of suspects) {
      const line = new Conversation(this.wish.place ?? place, mutant.isProxied);
      const one = { mutant, outcome: await line.exchange(mutant, REPEATED_PATIENCE) };
      line.hangUp();
      await this.arena.settled();
      const changes = await journal.take();
      await journal.restore(changes);
      if (intrusions([one], changes, SHARED).length > 0) return [{ mutant, what: `${what}; alone too` }];
      isExplained ||= changes.length > 0;
    }
    return isExplained ? [] : [{ mutant: suspects[0], what: `${what}; not when it is sent alone` }];
  }

  private lookAtServer(batch: number): void {
    const { complaints, server } = this.arena;
    for (const line of complaints.slice(this.complaints))
      this.faults.push(`batch ${batch}: the server says ${line}`);
    this.complaints = complaints.length;
    if (!server.isRunning || server.pid !== this.startPid)
      throw new Error(`the server has ended in batch ${batch}: ${server.output.slice(-3000)}`);
  }

  private cry(faults: readonly Fault[]): void {
    this.faults.push(...faults.map(faultText));
  }

  private result(): FuzzResult {
    const before = this.residentBefore;
    const after = this.arena.residentMiB;
    if (before !== undefined && after !== undefined && after > before + GROWTH_MIB)
      this.faults.push(`the server has grown from ${before} MiB to ${after} MiB`);
    const { seed } = this.wish;
    const { watched: watchedTables } = this.arena.journal;
    return {
      ...{ seed, batches: this.batches, ...this.tally.figures, watchedTables, changedRows: this.changedRows },
      residentMiB: { before, after },
      faults: this.faults,
    };
  }
}

function isOf({ isProxied, framing }: Mutant, kind: (typeof LINES)[number]): boolean {
  return isProxied === kind.isProxied && (framing === 'exact') === kind.isExact;
}
