/** An event as it was sent. */
export interface Sent {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly seq: number; readonly [field: string]: unknown };
}

/** Reads server-sent events from a response; `next` waits for one. */
export class EventReader {
  private readonly decoder = new TextDecoder();
  private readonly reader;
  private text = '';

  constructor(response: Response) {
    this.reader = response.body!.getReader();
  }

  /** Undefined when the stream has ended. */
  async next(): Promise<Sent | undefined> {
    for (;;) {
      const end = this.text.indexOf('\n\n');
      if (end < 0) {
        const { done, value } = await this.reader.read();
        if (done) return undefined;
        this.text += this.decoder.decode(value as Uint8Array, { stream: true });
        continue;
      }
      const block = this.text.slice(0, end);
      this.text = this.text.slice(end + 2);
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s)));
      if (fields['data'] !== undefined) return { ...fields, data: JSON.parse(fields['data']) } as Sent;
    }
  }
}
