import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

const DEFAULT_PORT = 8080;

/** The port named is taken by another program. */
export class PortTakenError extends Error {}

export interface ChosenPort {
  readonly port: number;
  /** Why it is not the one that everybody expects. */
  readonly note: string | undefined;
}

/**
 * The port that was wished for, which must be free; without a wish the default, or a free one when that is taken.
 * @throws PortTakenError
 */
export async function choosePort(
  wished: number | undefined,
  host: string,
  usual = DEFAULT_PORT,
): Promise<ChosenPort> {
  const port = wished ?? usual;
  const free = await tryPort(port, host);
  if (free !== undefined) return { port: free, note: undefined };
  if (wished !== undefined)
    throw new PortTakenError(`Port ${wished} is taken by another program. Choose another one with --port.`);
  return { port: (await tryPort(0, host)) ?? 0, note: `(${usual} is taken)` };
}

/** The port when one may listen there; for 0 any that is free. */
async function tryPort(port: number, host: string): Promise<number | undefined> {
  const listener = createServer();
  try {
    await once(listener.listen(port, host), 'listening');
    return (listener.address() as AddressInfo).port;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return undefined;
  } finally {
    listener.close();
  }
}
