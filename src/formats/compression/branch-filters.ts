/**
 * Undoes a filter in place: in machine code it had turned the targets of calls from relative into absolute ones, which
 * repeat more often. Addresses count from the first byte.
 */
export type BranchFilter = (code: Buffer) => void;

/** By their ids (xz-file-format.txt, "Branch/Call/Jump filters"). Itanium's has none to test it with. */
export const BRANCH_FILTERS: ReadonlyMap<number, BranchFilter> = new Map([
  [0x04, undoX86],
  [0x05, undoPowerPc],
  [0x07, undoArm],
  [0x08, undoArmThumb],
  [0x09, undoSparc],
]);

/** `BL` in big-endian words. */
function undoPowerPc(code: Buffer): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = code.readUInt32BE(at);
    if (word >>> 26 !== 0x12 || (word & 3) !== 1) continue;
    const target = (word & 0x3fffffc) - at;
    code.writeUInt32BE((0x48000000 | (target & 0x3fffffc) | 1) >>> 0, at);
  }
}

/** `BL` that is always taken; the pipeline is 8 bytes ahead. */
function undoArm(code: Buffer): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    if (code[at + 3] !== 0xeb) continue;
    const target = (code.readUIntLE(at, 3) << 2) - (at + 8);
    code.writeUIntLE((target >>> 2) & 0xffffff, at, 3);
  }
}

/** A pair of halfwords, each with 11 bits of the target; the pipeline is 4 bytes ahead. */
function undoArmThumb(code: Buffer): void {
  for (let at = 0; at + 4 <= code.length; at += 2) {
    const [high, low] = [code.readUInt16LE(at), code.readUInt16LE(at + 2)];
    if (high >> 11 !== 0x1e || low >> 11 !== 0x1f) continue;
    const target = ((((high & 0x7ff) << 11) | (low & 0x7ff)) << 1) - (at + 4);
    code.writeUInt16LE(0xf000 | ((target >>> 12) & 0x7ff), at);
    code.writeUInt16LE(0xf800 | ((target >>> 1) & 0x7ff), at + 2);
    at += 2;
  }
}

/** `CALL` whose target has 22 bits and their sign. */
function undoSparc(code: Buffer): void {
  for (let at = 0; at + 4 <= code.length; at += 4) {
    const word = code.readUInt32BE(at);
    if (word >>> 22 !== 0x100 && word >>> 22 !== 0x1ff) continue;
    const target = ((word << 2) - at) >>> 2;
    const sign = ((target >>> 22) & 1) === 1 ? 0x3fc00000 : 0;
    code.writeUInt32BE((0x40000000 | sign | (target & 0x3fffff)) >>> 0, at);
  }
}

/** `CALL` and `JMP` have one byte and four of target; only targets near to the code are meant, so 0x00 or 0xff ends. */
const X86_BYTES = 5;
/** Which of the three bytes before may have looked like an instruction, for this one to count as one. */
const X86_PLAUSIBLE = new Set([0, 1, 2, 4]);

/**
 * x86 has instructions of any length, so the filter guesses: what looks like a call shortly behind another is one under
 * conditions only.
 */
function undoX86(code: Buffer): void {
  let [recent, last] = [0, -X86_BYTES];
  for (let at = 0; at + X86_BYTES <= code.length;) {
    if (((code[at] ?? 0) & 0xfe) !== 0xe8) {
      at++;
      continue;
    }
    recent = at - last > X86_BYTES ? 0 : aged(recent, at - last);
    last = at;
    const isNear = isSignByte(code[at + 4]);
    const before = recent >> 1;
    if (isNear && before < 0x10 && X86_PLAUSIBLE.has(before & 7)) {
      const target = x86Target(code.readUInt32LE(at + 1), at + X86_BYTES, before);
      code.writeUIntLE(target & 0xffffff, at + 1, 3);
      code[at + 4] = (target & 0x1000000) === 0 ? 0 : 0xff;
      at += X86_BYTES;
      recent = 0;
    } else {
      at++;
      recent |= isNear ? 0x11 : 1;
    }
  }
}

function aged(recent: number, bytes: number): number {
  let marks = recent;
  for (let passed = 0; passed < bytes; passed++) marks = (marks & 0x77) << 1;
  return marks;
}

/**
 * Where bytes of this operand looked like an instruction before, the packer went on until none of them could be taken
 * for the end of a near target; it needs two turns at most.
 */
function x86Target(absolute: number, next: number, before: number): number {
  const target = (absolute - next) >>> 0;
  const shift = 24 - 8 * (32 - Math.clz32(before));
  if (before === 0 || !isSignByte((target >>> shift) & 0xff)) return target;
  return ((target ^ (2 ** (shift + 8) - 1)) - next) >>> 0;
}

function isSignByte(byte: number | undefined): boolean {
  return byte === 0 || byte === 0xff;
}
