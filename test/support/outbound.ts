import type { OutboundClient, OutboundRequest } from '../../src/platform/outbound/outbound-client';
import { NameResolver } from '../../src/platform/outbound/name-resolver';
import { OutboundError } from '../../src/platform/outbound/outbound.errors';
import type { Script } from './origin-server';

/** Gives the next answer each time it is asked for a name. */
export class FakeResolver extends NameResolver {
  readonly asked: string[] = [];

  constructor(private readonly answers: Record<string, readonly (readonly string[])[]>) {
    super();
  }

  override addressesOf(name: string): Promise<readonly string[]> {
    const known = this.answers[name];
    const turn = this.asked.filter((one) => one === name).length;
    this.asked.push(name);
    if (known === undefined) return Promise.reject(new Error(`ENOTFOUND ${name}`));
    return Promise.resolve(known[Math.min(turn, known.length - 1)] ?? []);
  }
}

/** The whole body of a file. */
export async function readFrom(
  client: OutboundClient,
  url: string,
  more: Partial<OutboundRequest> = {},
): Promise<Buffer> {
  const { body } = await client.get({ url, maxBytes: 1_000_000, ...more });
  return Buffer.concat((await body.toArray()) as Buffer[]);
}

/** How a visit failed, in a word. */
export async function faultOf(visit: Promise<unknown>): Promise<string> {
  try {
    await visit;
    return 'none';
  } catch (error) {
    return error instanceof OutboundError ? error.fault : String(error);
  }
}

export function redirecting(to: string, status = 302): Script {
  return (_request, response) => void response.writeHead(status, { Location: to }).end('gone on');
}
