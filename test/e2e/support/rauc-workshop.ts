import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RaucSystem } from '../clients/rauc-system';
import { RaucUpdater, type RaucUpdaterOptions } from '../clients/rauc-updater';
import { assign } from './assign';
import { Management, type ReleaseView } from './management';
import { makeRaucBundle, type BundleSource, type RaucBundle } from './rauc-bundle';
import { RookeryProcess } from './rookery-process';

const COMPATIBLE = 'my-board-rev4.2';
/** The same in the words of the board's attributes. */
export const FITS = 'my-board:rev4.2';

/** A board with RAUC and its updater. */
export interface RaucBoard {
  readonly name: string;
  readonly system: RaucSystem;
  readonly updater: RaucUpdater;
}

/** A release of one bundle, and what is in that. */
export interface BundleRelease extends RaucBundle {
  readonly version: string;
  readonly id: string;
  readonly sizeBytes: number;
}

/** A server of its own, and boards and bundles for it; each test makes its own of those. */
export class RaucWorkshop {
  private readonly updaters: RaucUpdater[] = [];
  private made = 0;

  private constructor(
    readonly folder: string,
    readonly server: RookeryProcess,
    readonly management: Management,
  ) {}

  static async open(settings: Readonly<Record<string, string>> = {}): Promise<RaucWorkshop> {
    const folder = await mkdtemp(join(tmpdir(), 'rauc-e2e-'));
    try {
      // Says that rauc is missing before anything else takes its time.
      await makeRaucBundle(folder, { version: '0.0' });
      const server = await RookeryProcess.start({ settings });
      return new RaucWorkshop(folder, server, new Management(server.url, server.token));
    } catch (failure) {
      await rm(folder, { recursive: true, force: true });
      throw failure;
    }
  }

  async close(): Promise<void> {
    this.updaters.forEach((updater) => updater.close());
    await this.server.discard();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A board that runs version 1.0 and was never heard of. */
  board(options: Partial<RaucUpdaterOptions> = {}): RaucBoard {
    const name = `rauc-board-${(this.made += 1)}`;
    const system = new RaucSystem(COMPATIBLE, '1.0');
    const updater = new RaucUpdater({
      serverUrl: this.server.url,
      targetName: name,
      authorization: `GatewayToken ${this.server.gatewayToken}`,
      bundleFile: this.bundleFileOf(name),
      system,
      attributes: { board: 'my-board', hwRevision: 'rev4.2', mac_address: 'ff:ff:ff:ff:ff:ff' },
      ...options,
    });
    this.updaters.push(updater);
    return { name, system, updater };
  }

  /** The same, after its first contact. */
  async knownBoard(options: Partial<RaucUpdaterOptions> = {}): Promise<RaucBoard> {
    const board = this.board(options);
    await board.updater.round();
    return board;
  }

  bundleFileOf(name: string): string {
    return join(this.folder, `${name}.raucb`);
  }

  async bundle(source: Partial<BundleSource> = {}): Promise<RaucBundle> {
    return makeRaucBundle(this.folder, { version: '2.0', ...source });
  }

  /** Uploads files as a release of its own. */
  async upload(
    paths: readonly string[],
    fields: Readonly<Record<string, string>> = {},
  ): Promise<ReleaseView> {
    const name = `bundle-${(this.made += 1)}`;
    const own = { name, version: `2.0.${this.made}`, compatibility: FITS };
    return this.management.uploadRelease(paths, { ...own, ...fields });
  }

  /** Under a version of its own, which the bundle bears as well. */
  async release(source: Partial<BundleSource> = {}): Promise<BundleRelease> {
    const version = `2.0.${this.made + 1}`;
    const bundle = await this.bundle({ version, ...source });
    const { id, modules } = await this.upload([bundle.path], { version });
    return { ...bundle, id, version, sizeBytes: modules[0]?.artifacts[0]?.sizeBytes ?? 0 };
  }

  async assign(release: { readonly id: string }, { name }: RaucBoard, terms: object = {}): Promise<string> {
    return assign(this.management, release.id, name, terms);
  }
}
