import type { IncomingMessage } from 'node:http';

/** An answer that says "not now" or "I am broken"; the client library would throw its words away. */
export class S3Trouble extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
    this.name = 'S3Trouble';
  }
}

/** Nothing came or went on a connection for too long. */
export class S3Stalled extends Error {
  readonly code = 'ETIMEDOUT';

  constructor(afterMs: number) {
    super(`nothing happened on the connection for ${afterMs / 1000} s`);
    this.name = 'S3Stalled';
  }
}

/** Statuses that tell of the server's condition rather than of the request. */
export function isTrouble(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

const MOST_WORDS = 16_384;

/** Reads what the answer says about itself, so that its connection becomes free. Never rejects. */
export async function readTrouble(answer: IncomingMessage): Promise<S3Trouble> {
  const status = answer.statusCode ?? 500;
  let words = '';
  try {
    for await (const chunk of answer) if (words.length < MOST_WORDS) words += (chunk as Buffer).toString();
  } catch {
    // The status alone says enough.
  }
  const [, code = ''] = /<Code>([\w.-]{1,100})<\/Code>/.exec(words) ?? [];
  const [, message = `status ${status}`] = /<Message>([^<]{1,300})<\/Message>/.exec(words) ?? [];
  return new S3Trouble(status, code, message);
}
