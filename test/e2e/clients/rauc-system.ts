import { execFile } from 'node:child_process';
import { resolve } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);

const PKI = resolve(__dirname, '../../fixtures/pki');
export const RAUC_KEYRING = resolve(PKI, 'rauc-ca.cert.pem');
export const RAUC_SIGNER = {
  certificate: resolve(PKI, 'rauc-sign.cert.pem'),
  key: resolve(PKI, 'rauc-sign.key.pem'),
};

/** What a bundle says of itself, once its signature was found good. */
export interface RaucInfo {
  readonly compatible: string;
  readonly version: string;
  readonly images: readonly Readonly<Record<string, unknown>>[];
}

/** Runs Debian's rauc; without it nothing here can be tested, and that is a failure. */
export async function rauc(...args: readonly string[]): Promise<string> {
  try {
    return (await execute('rauc', args)).stdout;
  } catch (failure) {
    if ((failure as NodeJS.ErrnoException).code !== 'ENOENT') throw failure;
    throw new Error("rauc is missing: these tests need Debian's packages rauc and squashfs-tools", {
      cause: failure,
    });
  }
}

/** Verifies a bundle against a keyring and reads its manifest. */
export async function raucInfo(bundle: string, keyring = RAUC_KEYRING): Promise<RaucInfo> {
  return JSON.parse(await rauc('info', `--keyring=${keyring}`, '--output-format=json', bundle)) as RaucInfo;
}

/**
 * The system below the updater: what it runs, and what the next start will bring. Bundles are verified by rauc itself;
 * only the writing of the slot is left out, for which it would need a block device and root.
 */
export class RaucSystem {
  /** What was installed last, in rauc's own words. */
  lastInstalled: RaucInfo | undefined;
  private next: string | undefined;

  constructor(
    readonly compatible: string,
    private running: string,
  ) {}

  get version(): string {
    return this.running;
  }

  async install(bundle: string): Promise<void> {
    const info = await raucInfo(bundle);
    const { compatible, version } = info;
    if (compatible !== this.compatible)
      throw new Error(
        `Compatible mismatch: Expected '${this.compatible}' but bundle manifest has '${compatible}'`,
      );
    this.lastInstalled = info;
    this.next = version;
  }

  reboot(): void {
    this.running = this.next ?? this.running;
    this.next = undefined;
  }
}
