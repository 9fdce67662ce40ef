import { once } from 'node:events';
import { createServer, type AddressInfo, type Server } from 'node:net';

/** Takes a port of every address, as another server would. */
export async function occupy(port: number): Promise<Server> {
  const listener = createServer().listen(port);
  await once(listener, 'listening');
  return listener;
}

/** Gives it back. */
export async function vacate(listener: Server): Promise<void> {
  listener.close();
  await once(listener, 'close');
}

/** A port that was free a moment ago on IPv4 and IPv6; servers keep it over restarts, so it cannot be 0. */
export async function findFreePort(): Promise<number> {
  const listener = await occupy(0);
  const { port } = listener.address() as AddressInfo;
  await vacate(listener);
  return port;
}

/** Whether a server could listen there now. */
export async function isFree(port: number): Promise<boolean> {
  try {
    await vacate(await occupy(port));
    return true;
  } catch {
    return false;
  }
}
