import { constants } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { Socket } from 'node:net';
import type { SecureContextOptions } from 'node:tls';
import { Logger } from '@nestjs/common';
import { readKeyPair, type KeyPair, type KeyPairFiles } from '../../platform/tls/key-pair';
import { KeyPairWatch } from '../../platform/tls/key-pair-watch';

/** Who has not ended its handshake by then is cut off. */
const HANDSHAKE_MS = 10_000;

/**
 * The way in by TLS. Everybody is asked for a certificate and nobody has to have one: devices with tokens and people come
 * by the same port, and which authorities count depends on the tenant, so the entrance of devices judges what was shown.
 * TLS itself proves only that who shows a certificate has its key.
 */
export class TlsDoor {
  readonly server: Server;
  private readonly logger = new Logger(TlsDoor.name);
  private readonly watch: KeyPairWatch;
  /** Connections from their first octet on, those that never get through their handshake too. */
  private readonly sockets = new Set<Socket>();

  private constructor(files: KeyPairFiles, pair: KeyPair) {
    const manners = { requestCert: true, rejectUnauthorized: false, handshakeTimeout: HANDSHAKE_MS };
    this.server = createServer({ ...contextOf(pair), ...manners });
    this.server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.once('close', () => this.sockets.delete(socket));
    });
    // Scanners and plain HTTP come here all day long; that is nobody's fault.
    this.server.on('tlsClientError', (error) => this.logger.debug(`A handshake failed: ${error.message}`));
    this.watch = new KeyPairWatch(files, pair, {
      renewed: (next) => this.renew(next),
      spoilt: (fault) => this.logger.error(`The certificate in use stays. ${fault}`),
    });
    this.watch.start();
  }

  /** @throws KeyPairError */
  static async at(files: KeyPairFiles): Promise<TlsDoor> {
    return new TlsDoor(files, await readKeyPair(files));
  }

  /** Looks for a new certificate now, rather than within seconds. */
  async refresh(): Promise<void> {
    await this.watch.look();
  }

  /** Every connection, at once. */
  cut(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  /** No more looks at the files. */
  rest(): void {
    this.watch.stop();
  }

  /** Connections that are open keep the certificate by which they were opened. */
  private renew(pair: KeyPair): void {
    this.server.setSecureContext(contextOf(pair));
    this.logger.log(`The certificate was renewed; it holds until ${new Date(pair.notAfterMs).toISOString()}`);
  }
}

/**
 * Without tickets and a cache of sessions each connection has a handshake of its own, in which the client proves that it
 * has the key of what it shows. No authority is named to clients: they belong to tenants, and are nobody else's business.
 */
function contextOf({ cert, key }: KeyPair): SecureContextOptions {
  const { SSL_OP_NO_TICKET, SSL_OP_NO_RENEGOTIATION } = constants;
  const secureOptions = SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION;
  return { cert, key, ca: [], minVersion: 'TLSv1.2', secureOptions };
}
