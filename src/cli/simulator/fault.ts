import { Random } from './random';

/** What can go wrong with an update on a device. */
export const FAULTS = [
  'fail',
  'stall',
  'roll-back',
  'power-loss',
  'repeat',
  'reorder',
  'late',
  'no-cancel',
  'silent',
  'cut',
  'broken-json',
] as const;
export type Fault = (typeof FAULTS)[number];

/** Per cent of the updates that each fault befalls; what is not named befalls none. */
export type FaultRates = Readonly<Partial<Record<Fault, number>>>;

/** Where in an update a device can stop, lose power or go silent. */
export const STEPS = [
  'accepted',
  'downloading',
  'downloaded',
  'installing',
  'installed',
  'rebooting',
  'reporting',
] as const;
export type Step = (typeof STEPS)[number];

interface Misfortune {
  readonly step: Step;
  /** How far into a download, of one. */
  readonly share: number;
  isOver: boolean;
}

/** What will befall one update of one device: drawn at once, so that it does not depend on what happens meanwhile. */
export class FaultPlan {
  private readonly misfortunes = new Map<Fault, Misfortune>();
  private cuts = 0;

  /** `ordinal` counts the updates of the device, since the ids of actions differ from run to run. */
  constructor(seed: number, controllerId: string, ordinal: number, rates: FaultRates) {
    const random = new Random(seed, controllerId, 'faults', ordinal);
    for (const fault of FAULTS) {
      // Drawn for every fault alike: a change of one rate leaves the draws of the others as they were.
      const [chance, step, share] = [random.next() * 100, random.pick(STEPS), random.next()];
      if (chance < (rates[fault] ?? 0)) this.misfortunes.set(fault, { step, share, isOver: false });
    }
  }

  has(fault: Fault): boolean {
    return this.misfortunes.has(fault);
  }

  get faults(): readonly Fault[] {
    return [...this.misfortunes.keys()];
  }

  /** True once, when the update is at the step where `fault` was to strike. */
  strikes(fault: Fault, step: Step): boolean {
    const misfortune = this.misfortunes.get(fault);
    if (misfortune === undefined || misfortune.isOver || misfortune.step !== step) return false;
    misfortune.isOver = true;
    return true;
  }

  /** True once, whatever the step. */
  strikesOnce(fault: Fault): boolean {
    const misfortune = this.misfortunes.get(fault);
    if (misfortune === undefined || misfortune.isOver) return false;
    misfortune.isOver = true;
    return true;
  }

  shareOf(fault: Fault): number {
    return this.misfortunes.get(fault)?.share ?? 0;
  }

  /** True for the first one to three tries to download: the line is cut somewhere in the rest of the file. */
  cutsDownload(): boolean {
    if (!this.has('cut') || this.cuts > Math.floor(this.shareOf('cut') * 3)) return false;
    this.cuts += 1;
    return true;
  }
}
