import { RolloutFieldsError } from '../rollouts.errors';

/** More than this help nobody. */
const MOST = 50;

/** Gathers what is wrong with the fields of a request, so that an answer can name all of it. */
export class Faults {
  private readonly found = new Map<string, string>();

  /** `why` ends a sentence that begins with the field's path; the first fault of a field stands. */
  add(path: string, why: string | undefined): void {
    if (why === undefined || this.found.has(path) || this.found.size >= MOST) return;
    this.found.set(path, why);
  }

  /** @throws RolloutFieldsError when there is any */
  throwAny(): void {
    if (this.found.size > 0) throw new RolloutFieldsError(Object.fromEntries(this.found));
  }
}
