import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { at, chokeAs } from './choke';
import {
  actionIn,
  readZephyrDeployment,
  zephyrLink,
  zephyrSleep,
  type ZephyrDeployment,
} from './zephyr-deployment';
import { ZEPHYR_CLIENT, ZephyrSocket } from './zephyr-socket';

const choke = chokeAs(ZEPHYR_CLIENT);

/** One board and how it was built. */
export interface ZephyrBoardOptions {
  readonly serverUrl: string;
  /** CONFIG_HAWKBIT_TENANT */
  readonly tenant?: string;
  /** `<board>-<device id>` */
  readonly controllerId: string;
  readonly authorization: string;
  /** CONFIG_HAWKBIT_SAVE_PROGRESS: a download that broke off is resumed. */
  readonly savesProgress?: boolean;
  /** How long it rests between two requests of one run. */
  readonly restMs?: number;
  /** A moment at which a test may step in; the board waits. */
  readonly onDownload?: (receivedBytes: number) => Promise<void>;
}

/** What the board did between waking up and sleeping, in order. */
export type ZephyrStep = 'reported' | 'cancelled' | 'identified' | 'installed';

/** One wake-up. */
export interface ZephyrRun {
  readonly steps: readonly ZephyrStep[];
  readonly sleepSeconds: number;
}

/** What came of a download that is not complete. */
interface Flash {
  readonly actionId: string;
  readonly bytes: Buffer[];
  size: number;
}

const SUCCESS = { status: { execution: 'closed', result: { finished: 'success' } } };

/**
 * A board with Zephyr's hawkBit client: one connection per wake-up, one link per poll in the order cancel, configData,
 * deployment, and a poll at once after each. Its only report on an update is success, after the restart. Whatever it cannot
 * take is thrown as a {@link Choke}.
 */
export class ZephyrBoard {
  /** Where the downloads began. */
  readonly downloadedFrom: number[] = [];
  /** The longest link it has been given. */
  longestHref = 0;
  private flash: Flash | undefined;
  /** Installed and not yet started. */
  private pendingId: string | undefined;
  /** Kept over restarts: what it was last, and whether that is still to be told. */
  private storedId: string | undefined;
  private owesReport = false;
  private image: Buffer | undefined;

  constructor(private readonly options: ZephyrBoardOptions) {}

  /** What it runs, if that came from the server. */
  get runningImage(): Buffer | undefined {
    return this.pendingId === undefined ? this.image : undefined;
  }

  /** Starts into what was installed. */
  reboot(): void {
    if (this.pendingId === undefined) return;
    this.storedId = this.pendingId;
    this.pendingId = undefined;
    this.owesReport = true;
  }

  /** One run, until the server has nothing more or an update waits for the restart. @throws Choke, ConnectionLost */
  async wakeUp(): Promise<ZephyrRun> {
    const { serverUrl, authorization } = this.options;
    const socket = await ZephyrSocket.to(serverUrl, authorization);
    const steps: ZephyrStep[] = [];
    try {
      if (this.owesReport) steps.push(await this.report(socket));
      for (let before: string | undefined; ;) {
        const root = await this.read(socket, this.home);
        const sleepSeconds = zephyrSleep(root);
        const next = this.nextLink(root);
        if (next === undefined) return { steps, sleepSeconds };
        if (next.link === before)
          choke(`${next.link} is still there after it was answered 200: it never sleeps`);
        before = next.link;
        if (this.options.restMs !== undefined) await delay(this.options.restMs);
        const step = await this.follow(socket, next);
        steps.push(step);
        if (step === 'installed') return { steps, sleepSeconds };
      }
    } finally {
      socket.close();
    }
  }

  private nextLink(root: unknown): { readonly relation: string; readonly link: string } | undefined {
    for (const relation of ['cancelAction', 'configData', 'deploymentBase']) {
      const link = zephyrLink(root, relation);
      if (link === undefined) continue;
      this.longestHref = Math.max(this.longestHref, link.length);
      return { relation, link };
    }
    return undefined;
  }

  private async follow(
    socket: ZephyrSocket,
    { relation, link }: { readonly relation: string; readonly link: string },
  ): Promise<ZephyrStep> {
    if (relation === 'cancelAction') return this.cancel(socket, link);
    if (relation === 'configData') return this.identify(socket);
    return this.install(socket, link);
  }

  private async report(socket: ZephyrSocket): Promise<ZephyrStep> {
    const path = `${this.home}/deploymentBase/${this.storedId ?? ''}/feedback`;
    await socket.ask({ method: 'POST', path, body: SUCCESS });
    this.owesReport = false;
    return 'reported';
  }

  /** It does not fetch the cancel: the link says which action, and the answer is always the same. */
  private async cancel(socket: ZephyrSocket, link: string): Promise<ZephyrStep> {
    const { id } = actionIn(link, 'cancelAction');
    await socket.ask({ method: 'POST', path: `${this.home}/cancelAction/${id}/feedback`, body: SUCCESS });
    if (this.flash?.actionId === id) this.flash = undefined;
    return 'cancelled';
  }

  private async identify(socket: ZephyrSocket): Promise<ZephyrStep> {
    const body = { mode: 'merge', data: { VIN: this.options.controllerId } };
    await socket.ask({ method: 'PUT', path: `${this.home}/configData`, body });
    return 'identified';
  }

  private async install(socket: ZephyrSocket, link: string): Promise<ZephyrStep> {
    const { id, piece } = actionIn(link, 'deploymentBase');
    if (id === this.storedId)
      choke(`action ${id} was reported as done and is offered again: it never sleeps`);
    const root = await this.read(socket, `${this.home}/${piece}`);
    const deployment = readZephyrDeployment(root, this.home);
    const href = at(root, 'deployment', 'chunks', 0, 'artifacts', 0, '_links', 'download-http', 'href');
    this.longestHref = Math.max(this.longestHref, String(href).length);
    const image = await this.download(socket, deployment);
    const found = createHash('sha256').update(image).digest('hex');
    if (found !== deployment.sha256) choke(`the image is ${found}, and ${deployment.sha256} was announced`);
    this.image = image;
    this.flash = undefined;
    this.pendingId = id;
    return 'installed';
  }

  private async download(socket: ZephyrSocket, deployment: ZephyrDeployment): Promise<Buffer> {
    const { id, path, sizeBytes } = deployment;
    const { savesProgress = false, onDownload } = this.options;
    const kept = savesProgress && this.flash?.actionId === id ? this.flash : undefined;
    const flash: Flash = kept ?? { actionId: id, bytes: [], size: 0 };
    this.flash = flash;
    const from = flash.size;
    this.downloadedFrom.push(from);
    const { contentLength, headers } = await socket.ask({
      method: 'GET',
      path,
      ...(from === 0 ? {} : { range: `bytes=${from}-` }),
      onBytes: async (bytes) => {
        flash.bytes.push(bytes);
        flash.size += bytes.length;
        await onDownload?.(flash.size);
      },
    });
    if (from + contentLength !== sizeBytes)
      choke(`a download from byte ${from} on has ${contentLength} bytes of ${sizeBytes}`);
    const range = headers.get('content-range') ?? '';
    if (from > 0 && range !== `bytes ${from}-${sizeBytes - 1}/${sizeBytes}`)
      choke(`a download from byte ${from} on says Content-Range: ${range}`);
    return Buffer.concat(flash.bytes);
  }

  private async read(socket: ZephyrSocket, path: string): Promise<unknown> {
    const { body } = await socket.ask({ method: 'GET', path });
    try {
      return JSON.parse(body.toString());
    } catch {
      return choke(`GET ${path} is not answered with JSON`);
    }
  }

  /** The beginning of all its addresses. */
  private get home(): string {
    const { tenant = 'default', controllerId } = this.options;
    return `/${tenant}/controller/v1/${controllerId}`;
  }
}
