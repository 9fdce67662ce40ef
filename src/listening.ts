import type { AddressInfo, Server } from 'node:net';
import type { Settings } from './platform/config/settings';
import type { Rookery } from './rookery';

/** Opens every door there is. Without a host Node listens on IPv6 and IPv4 alike. */
export async function listen({ app, tls }: Rookery, settings: Settings): Promise<void> {
  const { port, tlsPort, host } = settings;
  const isPlain = settings.plainHttp === 'on';
  const first = isPlain ? port : tlsPort;
  await opening(isPlain ? 'ROOKERY_PORT' : 'ROOKERY_TLS_PORT', first, () =>
    host === undefined ? app.listen(first) : app.listen(first, host),
  );
  if (isPlain && tls !== undefined)
    await opening('ROOKERY_TLS_PORT', tlsPort, () => listenOn(tls.server, tlsPort, host));
}

/** The port that a server listens on. */
export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

async function listenOn(server: Server, port: number, host: string | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function opening(variable: string, port: number, open: () => Promise<unknown>): Promise<void> {
  try {
    await open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new Error(`Port ${port} is taken by another program. Choose another one with ${variable}.`, {
      cause: error,
    });
  }
}
