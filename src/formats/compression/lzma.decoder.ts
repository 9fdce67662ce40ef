import { FormatError } from '../format.error';
import { copyWithin } from './match';
import { RangeDecoder } from './range.decoder';

const STATES = 12;
const POSITIONS = 16;
const LITERAL_STATES = 7;
/** Where each family of probabilities begins; all of them lie in one array, so that a reset is one `fill`. */
const IS_MATCH = 0;
const IS_REP = IS_MATCH + STATES * POSITIONS;
const IS_REP0 = IS_REP + STATES;
const IS_REP1 = IS_REP0 + STATES;
const IS_REP2 = IS_REP1 + STATES;
const IS_REP0_LONG = IS_REP2 + STATES;
const SLOTS = IS_REP0_LONG + STATES * POSITIONS;
const DISTANCES = SLOTS + 4 * 64;
const ALIGN = DISTANCES + 115;
const LENGTHS = ALIGN + 16;
const LENGTH_PROBABILITIES = 2 + 2 * POSITIONS * 8 + 256;
const REP_LENGTHS = LENGTHS + LENGTH_PROBABILITIES;
const LITERALS = REP_LENGTHS + LENGTH_PROBABILITIES;
const LITERAL_PROBABILITIES = 0x300;
const END_MARK = 0xffffffff;
/** liblzma and the kernel accept no more; with it the probabilities need 28 KiB. */
const MAX_LITERAL_BITS = 4;

/** How a stream models its bytes. */
interface LzmaProperties {
  readonly literalContextBits: number;
  readonly literalPositionMask: number;
  readonly positionMask: number;
}

/**
 * Unpacks LZMA into a buffer that is its dictionary at the same time, so memory never follows what the stream claims
 * (LZMA SDK, "LZMA specification"). LZMA2 feeds it chunk by chunk; the model then lives on between them.
 */
export class LzmaDecoder {
  private probabilities = new Uint16Array(0);
  private properties: LzmaProperties = { literalContextBits: 0, literalPositionMask: 0, positionMask: 0 };
  private range = new RangeDecoder(Buffer.alloc(5));
  private dictionaryStart = 0;
  private state = 0;
  private reps: [number, number, number, number] = [0, 0, 0, 0];
  private produced = 0;
  private lastLength = 0;

  constructor(private readonly output: Buffer) {}

  /** Bytes unpacked so far. */
  get filled(): number {
    return this.produced;
  }

  /** Forgets what was unpacked: matches may not reach back behind this point. */
  resetDictionary(): void {
    this.dictionaryStart = this.produced;
  }

  /** @param byte (pb * 5 + lp) * 9 + lc, as all headers of LZMA have it */
  setProperties(byte: number): void {
    const literalContextBits = byte % 9;
    const literalPositionBits = Math.floor(byte / 9) % 5;
    const positionBits = Math.floor(byte / 45);
    if (positionBits > 4 || literalContextBits + literalPositionBits > MAX_LITERAL_BITS) {
      throw new FormatError('the LZMA properties are impossible.');
    }
    this.properties = {
      literalContextBits,
      literalPositionMask: (1 << literalPositionBits) - 1,
      positionMask: (1 << positionBits) - 1,
    };
    const literals = LITERAL_PROBABILITIES << (literalContextBits + literalPositionBits);
    this.probabilities = new Uint16Array(LITERALS + literals);
    this.resetState();
  }

  resetState(): void {
    this.probabilities.fill(1024);
    this.state = 0;
    this.reps = [0, 0, 0, 0];
  }

  /** Appends bytes that are stored as they are. */
  store(bytes: Buffer): void {
    this.produced += bytes.copy(this.output, this.produced);
  }

  /**
   * Unpacks to `end` bytes in all, or to the end mark where that comes first.
   * @throws FormatError when it is damaged, or holds more than fits
   */
  unpack(packed: Buffer, end: number): { endMark: boolean; finished: boolean } {
    this.range = new RangeDecoder(packed);
    const { range } = this;
    while (this.produced < end) {
      if (!this.step(end)) return { endMark: true, finished: range.isFinished };
    }
    return { endMark: false, finished: range.isFinished };
  }

  /** Whether a stream that has all its bytes goes on with an end mark. */
  hasEndMark(): boolean {
    return !this.step(this.produced);
  }

  /** One literal or match; false for the end mark. */
  private step(end: number): boolean {
    const positionState = (this.produced - this.dictionaryStart) & this.properties.positionMask;
    const at = this.state * POSITIONS + positionState;
    if (this.bit(IS_MATCH + at) === 0) {
      this.literal(end);
      return true;
    }
    if (this.bit(IS_REP + this.state) === 0) {
      if (!this.newMatch(positionState)) return false;
    } else if (!this.repeatedMatch(at)) {
      this.state = this.state < LITERAL_STATES ? 9 : 11;
      this.copy(1, end);
      return true;
    } else {
      this.lastLength = this.matchLength(REP_LENGTHS, positionState);
      this.state = this.state < LITERAL_STATES ? 8 : 11;
    }
    this.copy(this.lastLength, end);
    return true;
  }

  private newMatch(positionState: number): boolean {
    const length = this.matchLength(LENGTHS, positionState);
    const distance = this.matchDistance(Math.min(length - 2, 3));
    if (distance === END_MARK) return false;
    this.reps = [distance, this.reps[0], this.reps[1], this.reps[2]];
    this.state = this.state < LITERAL_STATES ? 7 : 10;
    this.lastLength = length;
    return true;
  }

  /** Chooses one of the last four distances; false for a single byte at the last of them. */
  private repeatedMatch(at: number): boolean {
    const [first, second, third, fourth] = this.reps;
    if (this.bit(IS_REP0 + this.state) === 0) return this.bit(IS_REP0_LONG + at) === 1;
    if (this.bit(IS_REP1 + this.state) === 0) this.reps = [second, first, third, fourth];
    else if (this.bit(IS_REP2 + this.state) === 0) this.reps = [third, first, second, fourth];
    else this.reps = [fourth, first, second, third];
    return true;
  }

  private copy(length: number, end: number): void {
    const distance = this.reps[0] + 1;
    if (distance > this.produced - this.dictionaryStart) {
      throw new FormatError('the LZMA stream repeats bytes from before its start.');
    }
    if (length > end - this.produced) throw tooLong();
    this.produced = copyWithin(this.output, { filled: this.produced, distance, length }, 'LZMA');
  }

  private literal(end: number): void {
    if (this.produced >= end) throw tooLong();
    const { literalContextBits, literalPositionMask } = this.properties;
    const position = this.produced - this.dictionaryStart;
    const previous = position === 0 ? 0 : (this.output[this.produced - 1] ?? 0);
    const context =
      ((position & literalPositionMask) << literalContextBits) + (previous >> (8 - literalContextBits));
    const base = LITERALS + LITERAL_PROBABILITIES * context;
    this.output[this.produced] =
      this.state < LITERAL_STATES ? this.range.tree(this.probabilities, base, 8) : this.matchedLiteral(base);
    this.produced++;
    if (this.state < 4) this.state = 0;
    else this.state -= this.state < 10 ? 3 : 6;
  }

  /** A literal after a match: the byte that the match would have gone on with is part of the model. */
  private matchedLiteral(base: number): number {
    let expected = this.output[this.produced - this.reps[0] - 1] ?? 0;
    let symbol = 1;
    while (symbol < 0x100) {
      const expectedBit = (expected >> 7) & 1;
      expected <<= 1;
      const bit = this.bit(base + ((1 + expectedBit) << 8) + symbol);
      symbol = (symbol << 1) | bit;
      if (bit !== expectedBit) break;
    }
    while (symbol < 0x100) symbol = (symbol << 1) | this.bit(base + symbol);
    return symbol & 0xff;
  }

  private matchLength(base: number, positionState: number): number {
    const { range, probabilities } = this;
    const tree = base + 2 + positionState * 8;
    if (this.bit(base) === 0) return 2 + range.tree(probabilities, tree, 3);
    if (this.bit(base + 1) === 0) return 10 + range.tree(probabilities, tree + POSITIONS * 8, 3);
    return 18 + range.tree(probabilities, base + 2 + 2 * POSITIONS * 8, 8);
  }

  private matchDistance(lengthState: number): number {
    const { range, probabilities } = this;
    const slot = range.tree(probabilities, SLOTS + lengthState * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const distance = ((2 | (slot & 1)) << bits) >>> 0;
    if (slot < 14) return distance + range.reverseTree(probabilities, DISTANCES + distance - slot, bits);
    return distance + range.direct(bits - 4) * 16 + range.reverseTree(probabilities, ALIGN, 4);
  }

  private bit(at: number): number {
    return this.range.bit(this.probabilities, at);
  }
}

function tooLong(): FormatError {
  return new FormatError('the LZMA stream unpacks to more bytes than it may have.');
}
