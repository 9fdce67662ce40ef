/** From (included) to (not included): addresses at which a chip sees its flash. */
type Window = readonly [from: number, to: number];

/** One kind of chip that ESP-IDF builds for. */
export interface EspChip {
  /** The chip id of the image header. */
  readonly id: number;
  /** As ESP-IDF names its target, like `esp32s3`. */
  readonly model: string;
  /** Where segments that stay in flash are mapped; an application has at least one there, a bootloader none. */
  readonly flashWindows: readonly Window[];
  /** MHz by the code in the header. */
  readonly flashFrequencies: Readonly<Record<number, number>>;
  /** Where in flash its bootloader lies, and with it the first image of a merged file. */
  readonly bootloaderOffset: number;
}

const COMMON_FREQUENCIES = { 15: 80, 0: 40, 1: 26, 2: 20 };
const LATER_FREQUENCIES = { 15: 80, 0: 40, 2: 20 };
/** Data and code of most RISC-V chips lie in one window. */
const SHARED: readonly Window[] = [[0x42000000, 0x44000000]];
const SPLIT: readonly Window[] = [
  [0x42000000, 0x44000000],
  [0x3c000000, 0x3e000000],
];

const CHIPS: readonly EspChip[] = [
  chip(0, 'esp32', 0x1000, [
    [0x400d0000, 0x40400000],
    [0x3f400000, 0x3f800000],
  ]),
  chip(2, 'esp32s2', 0x1000, [
    [0x40080000, 0x40b80000],
    [0x3f000000, 0x3f3f0000],
  ]),
  chip(5, 'esp32c3', 0, SPLIT),
  chip(9, 'esp32s3', 0, SPLIT),
  { ...chip(12, 'esp32c2', 0, SPLIT), flashFrequencies: { 15: 60, 0: 30, 1: 20, 2: 15 } },
  // Its ROM would halve what it is told, so 80 MHz are written as 40.
  { ...chip(13, 'esp32c6', 0, SHARED), flashFrequencies: { 0: 80, 2: 20 } },
  { ...chip(16, 'esp32h2', 0, SHARED), flashFrequencies: { 15: 48, 0: 24, 1: 16, 2: 12 } },
  chip(18, 'esp32p4', 0x2000, [[0x40000000, 0x4c000000]]),
  { ...chip(20, 'esp32c61', 0, SHARED), flashFrequencies: LATER_FREQUENCIES },
  { ...chip(23, 'esp32c5', 0x2000, SHARED), flashFrequencies: LATER_FREQUENCIES },
  { ...chip(25, 'esp32h21', 0, SHARED), flashFrequencies: { 15: 48, 0: 24 } },
  { ...chip(28, 'esp32h4', 0x2000, SHARED), flashFrequencies: { 15: 48, 0: 24 } },
  chip(31, 'esp32e22', 0, [[0x3c000000, 0x40000000]]),
  { ...chip(32, 'esp32s31', 0x2000, [[0x40000000, 0x54000000]]), flashFrequencies: LATER_FREQUENCIES },
];

const BY_ID = new Map(CHIPS.map((known) => [known.id, known]));

/** Where the bootloaders of all known chips lie in flash, each offset once, but for 0. */
export const LATER_BOOTLOADER_OFFSETS: readonly number[] = [
  ...new Set(CHIPS.map(({ bootloaderOffset }) => bootloaderOffset).filter((offset) => offset > 0)),
];

/** The chip of an id, or undefined for one that was not known when this was written (end of 2026). */
export function findEspChip(id: number): EspChip | undefined {
  return BY_ID.get(id);
}

/** The models of all chips that are known, in the order of their ids. */
export function listEspModels(): string[] {
  return CHIPS.map(({ model }) => model);
}

/** Whether a segment that is loaded there stays in flash. */
export function isFlashAddress({ flashWindows }: EspChip, address: number): boolean {
  return flashWindows.some(([from, to]) => from <= address && address < to);
}

function chip(id: number, model: string, bootloaderOffset: number, flashWindows: readonly Window[]): EspChip {
  return { id, model, bootloaderOffset, flashWindows, flashFrequencies: COMMON_FREQUENCIES };
}
