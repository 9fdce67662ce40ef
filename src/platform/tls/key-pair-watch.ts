import { readKeyPair, type KeyPair, type KeyPairFiles } from './key-pair';

/** Whoever renews certificates (certbot, cert-manager) writes two files, one after the other. */
const LOOK_MS = 5000;

interface WatchListener {
  /** Another pair lies there, and it is a sound one. */
  renewed(pair: KeyPair): void;
  /** What lies there is no pair; told once, until it is another fault or a pair. */
  spoilt(fault: string): void;
}

/** Looks by content, since the links that Kubernetes mounts change without a change of the files' own times. */
export class KeyPairWatch {
  private timer: NodeJS.Timeout | undefined;
  private fault: string | undefined;

  constructor(
    private readonly files: KeyPairFiles,
    private known: KeyPair,
    private readonly listener: WatchListener,
  ) {}

  start(): void {
    this.timer ??= setInterval(() => void this.look(), LOOK_MS).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  /** Never rejects: the pair that is in use stays until there is a better one. */
  async look(): Promise<void> {
    try {
      const pair = await readKeyPair(this.files);
      this.fault = undefined;
      if (pair.cert === this.known.cert && pair.key === this.known.key) return;
      this.listener.renewed(pair);
      this.known = pair;
    } catch (error) {
      const fault = error instanceof Error ? error.message : String(error);
      if (fault === this.fault) return;
      this.fault = fault;
      this.listener.spoilt(fault);
    }
  }
}
