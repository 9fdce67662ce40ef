import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What becomes of an answer on its way; undefined: it never arrives. */
export type Tampering = (answer: Buffer) => Buffer | undefined;

/** Stands between the fuzzer and the server and changes what is answered. */
export class TamperingProxy {
  /** One at a time; off once it has happened. */
  tampering: Tampering | undefined;
  private readonly sockets = new Set<Socket>();
  private readonly listener = createServer({ allowHalfOpen: true, noDelay: true }, (near) =>
    this.carry(near),
  );

  private constructor(private readonly serverPort: number) {}

  static async before(serverPort: number): Promise<TamperingProxy> {
    const proxy = new TamperingProxy(serverPort);
    proxy.listener.listen(0);
    await once(proxy.listener, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.listener.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private carry(near: Socket): void {
    const far = connect({ port: this.serverPort, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.sockets.add(socket);
      socket.on('end', () => other.end());
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        other.destroySoon();
        this.sockets.delete(socket);
      });
    }
    near.on('data', (bytes) => far.write(bytes));
    far.on('data', (bytes) => {
      const changed = this.tampered(bytes);
      if (changed !== undefined) near.write(changed);
    });
  }

  private tampered(answer: Buffer): Buffer | undefined {
    const { tampering } = this;
    // A sound answer only: what a request that breaks HTTP gets, or does not, proves less.
    if (tampering === undefined || !/^HTTP\/1\.1 (?:200|404)/.test(answer.toString('latin1', 0, 12)))
      return answer;
    this.tampering = undefined;
    return tampering(answer);
  }
}
