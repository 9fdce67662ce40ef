import { Theatre } from './theatre';

/** Keeps a theatre open for a file's histories, and another one once it is worn. */
export class Playhouse {
  private open: Theatre | undefined;

  async theatre(): Promise<Theatre> {
    if (this.open?.isWorn === true) await this.close();
    this.open ??= await Theatre.open();
    return this.open;
  }

  async close(): Promise<void> {
    await this.open?.close();
    this.open = undefined;
  }
}
