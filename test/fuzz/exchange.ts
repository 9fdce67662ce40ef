import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { AnswerReader, CUT, type Answer } from './answer-reader';
import type { Mutant } from './request';

/** Where the server is. */
export interface Place {
  readonly port: number;
  /** The address from which the requests of the trusted proxy come. */
  readonly proxyAddress: string;
}

/** How an exchange ended. `kept`: the connection goes on. `hung`: nothing more came, and the connection stayed open. */
export type Ending = 'kept' | 'closed' | 'reset' | 'hung' | 'left';

/** What came of a request. */
export interface Outcome {
  readonly answers: readonly Answer[];
  readonly ending: Ending;
  /** In what way the answer breaks HTTP, if it does. */
  readonly unsound: string | undefined;
}

/** No request may take longer than this, on whatever machine. */
export const PATIENCE_MS = 10_000;
/** So long answers are waited for before we end our half, which Node takes for going away. */
const LINGER_MS = 40;
/** And so long after the first, since what looks like one request may be two. */
const SECOND_MS = 10;
/** Between the pieces of a request: long enough for the server to read them one by one. */
const PIECE_MS = 1;
/** Many addresses of one machine, so that ports that are slow to be free again do not run out. */
const ADDRESSES = 100;

let turn = 0;

/** One connection after the other for the requests that leave theirs intact, and a new one for each that does not. */
export class Conversation {
  private socket: Socket | undefined;
  private ear: Ear | undefined;

  constructor(
    private readonly place: Place,
    /** All requests on one line come from the same address. */
    private readonly isProxied: boolean,
  ) {}

  /** `patience`: so many times longer than usual answers are waited for that may never come. */
  async exchange(mutant: Mutant, patience = 1): Promise<Outcome> {
    if (mutant.framing !== 'exact') this.hangUp();
    const { socket, ear } = await this.line();
    const outcome = await speak(socket, ear, mutant, patience);
    if (outcome.ending !== 'kept') this.hangUp();
    return outcome;
  }

  hangUp(): void {
    this.socket?.destroy();
    this.socket = undefined;
    this.ear = undefined;
  }

  private async line(): Promise<{ socket: Socket; ear: Ear }> {
    if (this.socket !== undefined && this.ear?.isOpen === true) return { socket: this.socket, ear: this.ear };
    const { port, proxyAddress } = this.place;
    turn = (turn + 1) % ADDRESSES;
    const from = this.isProxied ? { localAddress: proxyAddress } : {};
    const socket = connect({
      host: `127.0.0.${turn + 1}`,
      port,
      noDelay: true,
      allowHalfOpen: true,
      ...from,
    });
    const ear = new Ear(socket);
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject));
    this.socket = socket;
    this.ear = ear;
    return { socket, ear };
  }
}

/** Hears what comes on a connection. */
class Ear {
  isOpen = true;
  ending: 'closed' | 'reset' | undefined;
  private reader = new AnswerReader(false);
  private answers: Answer[] = [];
  private unsound: string | undefined;
  private onNews: () => void = () => undefined;

  constructor(socket: Socket) {
    socket.on('data', (bytes: Buffer) => this.hear(() => this.answers.push(...this.reader.push(bytes))));
    socket.on('end', () => {
      this.over('closed');
      this.hear(() => {
        const last = this.reader.end();
        if (last !== undefined) this.answers.push(last);
      });
    });
    socket.on('error', () => this.over('reset'));
    socket.on('close', () => this.over('closed'));
  }

  /** Forgets what was before. What came in between nobody had asked for. */
  begin(isHead: boolean): void {
    const uninvited = this.answers.length > 0 || !this.reader.isIdle;
    this.reader = new AnswerReader(isHead);
    this.answers = [];
    if (uninvited) this.unsound ??= 'an answer came that nobody had asked for';
  }

  /** Until `count` answers have come or the connection has ended; undefined: neither. */
  async heard(
    count: number,
    patienceMs: number,
  ): Promise<{ answers: Answer[]; unsound: string | undefined }> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      const look = (): void => {
        if (this.isOpen && this.unsound === undefined && this.answers.length < count) return;
        clearTimeout(timer);
        resolve();
      };
      this.onNews = look;
      look();
    });
    this.onNews = () => undefined;
    const { answers, unsound } = this;
    this.answers = [];
    return { answers, unsound };
  }

  private hear(listen: () => void): void {
    try {
      listen();
    } catch (error) {
      this.unsound ??= error instanceof Error ? error.message : String(error);
    }
    this.onNews();
  }

  private over(ending: 'closed' | 'reset'): void {
    this.isOpen = false;
    this.ending ??= ending;
    this.onNews();
  }
}

async function speak(socket: Socket, ear: Ear, mutant: Mutant, patience: number): Promise<Outcome> {
  ear.begin(asksForHead(mutant.pieces));
  for (const [n, piece] of mutant.pieces.entries()) {
    if (n > 0) await delay(PIECE_MS);
    if (ear.isOpen) socket.write(piece);
  }
  if (mutant.framing === 'broken-off') return leave(socket, ear);
  if (mutant.framing === 'loose') return endHalf(socket, ear, patience);
  return hearOne(ear);
}

/** By the bytes as they are sent: a mutation of the wire may have put another method in the place of the planned one. */
function asksForHead(pieces: readonly Buffer[]): boolean {
  return /^[\r\n]*HEAD /.test(Buffer.concat(pieces).toString('latin1', 0, 64));
}

/** One answer; and the end of the connection, if the answer says that it is the last. */
async function hearOne(ear: Ear): Promise<Outcome> {
  const { answers, unsound } = await ear.heard(1, PATIENCE_MS);
  if (unsound !== undefined) return { answers, unsound, ending: 'left' };
  if (answers.length === 0) return { answers, unsound, ending: ear.ending ?? 'hung' };
  if (!answers.some(({ headers }) => /\bclose\b/i.test(headers.get('connection') ?? '')))
    return { answers, unsound, ending: ear.ending ?? 'kept' };
  const rest = await ear.heard(Infinity, PATIENCE_MS);
  return { answers: [...answers, ...rest.answers], unsound: rest.unsound, ending: ear.ending ?? 'hung' };
}

/** Hears what comes, ends our half, and hears the rest. */
async function endHalf(socket: Socket, ear: Ear, patience: number): Promise<Outcome> {
  const first = await ear.heard(1, LINGER_MS * patience);
  const second = await ear.heard(1, SECOND_MS * patience);
  if (ear.isOpen) socket.end();
  const rest = await ear.heard(Infinity, PATIENCE_MS);
  const answers = [...first.answers, ...second.answers, ...rest.answers];
  // Who ends his half has gone away, as far as Node is concerned: what is cut then is nobody's fault.
  const isForgiven = ear.ending === 'reset' || (second.unsound === undefined && rest.unsound === CUT);
  return { answers, unsound: isForgiven ? undefined : rest.unsound, ending: ear.ending ?? 'hung' };
}

/** Goes away without a word. What was answered until then counts all the same. */
async function leave(socket: Socket, ear: Ear): Promise<Outcome> {
  await delay(PIECE_MS);
  socket.destroy();
  const { answers, unsound } = await ear.heard(Infinity, PATIENCE_MS);
  return { answers, unsound: ear.ending === 'reset' ? undefined : unsound, ending: 'left' };
}
