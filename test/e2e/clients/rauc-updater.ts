import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Choke, at, chokeAs } from './choke';
import { RAUC_CLIENT, RaucConnection } from './rauc-connection';
import { RaucRefusal, deploymentId, raucSleep, readDeployment, type RaucDeployment } from './rauc-deployment';
import { CutShort, fetchToFile, sha1Of, streamBlocks, type Fetched } from './rauc-download';
import type { RaucSystem } from './rauc-system';

const choke = chokeAs(RAUC_CLIENT);

/** A moment at which a test may step in; the updater waits until it is done. */
export type RaucMoment = 'downloading' | 'installing';

/** One device; its bundle location and how it is configured. */
export interface RaucUpdaterOptions {
  readonly serverUrl: string;
  readonly tenant?: string;
  readonly targetName: string;
  readonly authorization: string;
  /** `bundle_download_location` */
  readonly bundleFile: string;
  readonly system: RaucSystem;
  /** `[device]`; the system's version is added as `sw_version`. */
  readonly attributes: Readonly<Record<string, string>>;
  /** `resume_downloads` */
  readonly resumes?: boolean;
  /** `stream_bundle` */
  readonly streams?: boolean;
  /** Whether its poll comes while it installs; an installation is often over before. Default true. */
  readonly polledInTime?: boolean;
  readonly during?: (moment: RaucMoment) => Promise<void>;
}

/** What became of an action in one round. */
export type RaucOutcome =
  | { readonly kind: 'idle' }
  | {
      readonly kind: 'installed' | 'downloaded' | 'waiting' | 'cancelled' | 'unanswered';
      readonly actionId: string;
    }
  | { readonly kind: 'failed'; readonly actionId: string; readonly why: string };

/** One poll and what it led to. */
export interface RaucRound {
  readonly sleepSeconds: number | undefined;
  readonly isIdentified: boolean;
  readonly outcome: RaucOutcome;
}

/** What it tells of an action. */
interface Telling {
  readonly execution: 'proceeding' | 'closed' | 'downloaded' | 'rejected';
  readonly finished: 'none' | 'success' | 'failure';
  readonly detail: string;
}

const IDLE: RaucOutcome = { kind: 'idle' };
const MOST_REPEATS = 10;
const REPEAT_PAUSE_MS = 1_000;
const RESUME_PAUSE_MS = 500;
const MOST_RESUMES = 20;
/** What RAUC tells while it installs, in a fraction of a second. */
const STEPS = [
  'Installing',
  'Determining slot states',
  'Determining slot states done.',
  'Checking bundle',
  'Verifying signature',
  'Verifying signature done.',
  'Checking bundle done.',
  'Checking manifest contents',
  'Checking manifest contents done.',
  'Determining target install group',
  'Determining target install group done.',
  'Updating slots',
  'Checking slot rootfs.1',
  'Checking slot rootfs.1 done.',
  'Copying image to rootfs.1',
  'Copying image to rootfs.1 done.',
  'Updating slots done.',
  'Install failed? No.',
  'Marking slot rootfs.1',
  'Installing done.',
];

/**
 * RAUC's hawkBit updater 1.4, no more patient than the real one: what that would take for an error is thrown here as a
 * {@link Choke}. It keeps nothing over a restart of its process but the bundle file.
 */
export class RaucUpdater {
  /** What it only logs: a progress report that was not answered 200. */
  readonly warnings: string[] = [];
  /** How each download was answered, in order. */
  readonly fetches: Fetched[] = [];
  private readonly connection: RaucConnection;
  private actionId: string | undefined;
  private finishedId: string | undefined;
  private isDownloaded = false;

  constructor(private readonly options: RaucUpdaterOptions) {
    this.connection = new RaucConnection(options.authorization);
  }

  /** Connections that the JSON requests needed. */
  get connections(): number {
    return this.connection.connections;
  }

  close(): void {
    this.connection.close();
  }

  /** One poll; its links in the order configData, deploymentBase, cancelAction. */
  async round(): Promise<RaucRound> {
    const root = await this.read(this.url());
    const sleepSeconds = raucSleep(root);
    const isIdentified = at(root, '_links', 'configData') !== undefined;
    if (isIdentified) await this.identify();
    const deployment = hrefOf(root, 'deploymentBase');
    const cancel = hrefOf(root, 'cancelAction');
    let outcome = deployment === undefined ? IDLE : await this.deploy(deployment);
    if (cancel !== undefined) outcome = await this.giveUp(cancel);
    return { sleepSeconds, isIdentified, outcome };
  }

  /** Starts into what was installed last; its memory is gone. */
  reboot(): void {
    this.options.system.reboot();
    this.actionId = undefined;
    this.finishedId = undefined;
    this.isDownloaded = false;
  }

  private async deploy(href: string): Promise<RaucOutcome> {
    const root = await this.read(href);
    const actionId = deploymentId(root);
    if (actionId === this.finishedId)
      choke(`action ${actionId} was closed and is offered again: it would be done again after every poll`);
    if (actionId !== this.actionId) await this.begin(actionId);
    try {
      return await this.carryOut(readDeployment(root));
    } catch (failure) {
      if (!(failure instanceof RaucRefusal) && !(failure instanceof CutShort)) throw failure;
      const why = failure instanceof CutShort ? `Download failed: ${failure.message}` : failure.message;
      return this.fail(actionId, why);
    }
  }

  private async begin(actionId: string): Promise<void> {
    await rm(this.options.bundleFile, { force: true });
    this.actionId = actionId;
    this.isDownloaded = false;
  }

  private async carryOut(deployment: RaucDeployment): Promise<RaucOutcome> {
    const { id: actionId, isToDownload, isToInstall, window } = deployment;
    if (!isToDownload) return IDLE;
    const isWaiting = !isToInstall && window === 'unavailable';
    if (isWaiting && this.isDownloaded) return { kind: 'waiting', actionId };
    if (this.options.streams === true) return this.stream(deployment);
    await this.download(deployment).catch((failure: unknown) => this.reportBroken(actionId, failure));
    this.isDownloaded = true;
    if (!isToInstall && !isWaiting) {
      await this.tell(actionId, {
        execution: 'downloaded',
        finished: 'success',
        detail: 'File checksum OK.',
      });
      return this.finish({ kind: 'downloaded', actionId });
    }
    await this.progress(actionId, 'File checksum OK.');
    if (isWaiting) return { kind: 'waiting', actionId };
    // It does not poll while it downloads: a cancel is heard only now.
    const cancel = await this.pendingCancel();
    return cancel === undefined ? this.install(actionId) : this.giveUp(cancel);
  }

  private async download({ id, url, name, version, sha1 }: RaucDeployment): Promise<void> {
    const { bundleFile: file, during, resumes = false } = this.options;
    let isFirst = true;
    const onBytes = async (): Promise<void> => {
      if (isFirst) await during?.('downloading');
      isFirst = false;
    };
    for (let resumed = 0; ; resumed += 1) {
      try {
        this.fetches.push(await fetchToFile(this.connection, { url, file, onBytes }));
        break;
      } catch (failure) {
        if (!resumes || !(failure instanceof CutShort) || resumed === MOST_RESUMES) throw failure;
        await delay(RESUME_PAUSE_MS);
      }
    }
    await this.progress(id, 'Download complete. 1.66 MB/s');
    const found = await sha1Of(file);
    if (found !== sha1)
      choke(`${name} V${version}: the checksum of what came is ${found}, and ${sha1} was announced`);
  }

  /** What is wrong with a download it reports, and there is no second try; so the test is told too. */
  private async reportBroken(actionId: string, failure: unknown): Promise<never> {
    if (failure instanceof Choke) await this.fail(actionId, `Download failed: ${failure.message}`);
    throw failure;
  }

  /** RAUC fetches the bundle itself, while it installs. */
  private async stream({ id, isToInstall, url }: RaucDeployment): Promise<RaucOutcome> {
    if (!isToInstall) return { kind: 'waiting', actionId: id };
    await writeFile(this.options.bundleFile, await streamBlocks(this.connection, url));
    return this.install(id);
  }

  private async install(actionId: string): Promise<RaucOutcome> {
    const { system, bundleFile, during, polledInTime = true } = this.options;
    await during?.('installing');
    if (polledInTime) await this.refuseCancel(actionId);
    for (const [index, step] of STEPS.entries())
      await this.progress(actionId, `${Math.floor((index * 100) / STEPS.length)}% ${step}`);
    try {
      await system.install(bundleFile);
    } catch {
      return this.fail(actionId, 'Failed to install software bundle.');
    }
    const detail = 'Software bundle installed successfully.';
    await this.tell(actionId, { execution: 'closed', finished: 'success', detail });
    return this.finish({ kind: 'installed', actionId });
  }

  private async fail(actionId: string, why: string): Promise<RaucOutcome> {
    await this.tell(actionId, { execution: 'closed', finished: 'failure', detail: why });
    return this.finish({ kind: 'failed', actionId, why });
  }

  /** Only a bundle that was to be downloaded and no more is kept. */
  private async finish(outcome: Exclude<RaucOutcome, { kind: 'idle' }>): Promise<RaucOutcome> {
    this.finishedId = outcome.actionId;
    if (outcome.kind !== 'downloaded') await rm(this.options.bundleFile, { force: true });
    return outcome;
  }

  /** The cancel of what it has finished is never answered: the server has to see to that itself. */
  private async giveUp(href: string): Promise<RaucOutcome> {
    const actionId = await this.stopId(href);
    if (actionId === this.finishedId) return { kind: 'unanswered', actionId };
    await this.answerCancel(actionId, {
      execution: 'closed',
      finished: 'success',
      detail: 'Action canceled.',
    });
    return this.finish({ kind: 'cancelled', actionId });
  }

  private async refuseCancel(actionId: string): Promise<void> {
    const href = await this.pendingCancel();
    if (href === undefined || (await this.stopId(href)) !== actionId) return;
    const detail = 'Cancelation impossible, installation started already.';
    await this.answerCancel(actionId, { execution: 'rejected', finished: 'success', detail });
  }

  private async pendingCancel(): Promise<string | undefined> {
    return hrefOf(await this.read(this.url()), 'cancelAction');
  }

  private async stopId(href: string): Promise<string> {
    const stopId = at(await this.read(href), 'cancelAction', 'stopId');
    return typeof stopId === 'string' ? stopId : choke(`cancelAction.stopId is ${JSON.stringify(stopId)}`);
  }

  private async answerCancel(actionId: string, telling: Telling): Promise<void> {
    await this.deliver('POST', this.url(`cancelAction/${actionId}/feedback`), feedback(actionId, telling));
  }

  private async tell(actionId: string, telling: Telling): Promise<void> {
    await this.deliver('POST', this.url(`deploymentBase/${actionId}/feedback`), feedback(actionId, telling));
  }

  private async progress(actionId: string, detail: string): Promise<void> {
    const url = this.url(`deploymentBase/${actionId}/feedback`);
    const body = feedback(actionId, { execution: 'proceeding', finished: 'none', detail });
    const { status } = await this.repeated('POST', url, body);
    if (status !== 200) this.warnings.push(`progress ${JSON.stringify(detail)} was answered ${status}`);
  }

  private async identify(): Promise<void> {
    const { attributes, system } = this.options;
    const status = { result: { finished: 'success' }, execution: 'closed' };
    const data = { ...attributes, sw_version: system.version };
    await this.deliver('PUT', this.url('configData'), { time: now(), status, data });
  }

  private async deliver(method: string, url: string, body: object): Promise<void> {
    const { status, text } = await this.repeated(method, url, body);
    if (status !== 200) choke(`${method} ${url} is answered ${status}, and only 200 counts: ${text}`);
  }

  private async repeated(
    method: string,
    url: string,
    body: object,
  ): Promise<{ status: number; text: string }> {
    for (let repeats = 0; ; repeats += 1) {
      const answer = await this.connection.call(method, url, body);
      if (![409, 429].includes(answer.status) || repeats === MOST_REPEATS) return answer;
      await delay(REPEAT_PAUSE_MS);
    }
  }

  private async read(url: string): Promise<unknown> {
    const { status, text } = await this.connection.call('GET', url);
    if (status !== 200) choke(`GET ${url} is answered ${status}, and only 200 counts: ${text}`);
    try {
      return JSON.parse(text);
    } catch {
      return choke(`GET ${url} is not answered with JSON: ${text}`);
    }
  }

  /** It makes all addresses itself but those of the deployment, the cancel and the bundle. */
  private url(tail = ''): string {
    const { serverUrl, tenant = 'DEFAULT', targetName } = this.options;
    return `${serverUrl}/${tenant}/controller/v1/${targetName}${tail === '' ? '' : `/${tail}`}`;
  }
}

function hrefOf(root: unknown, relation: string): string | undefined {
  const link = at(root, '_links', relation);
  if (link === undefined) return undefined;
  const href = at(link, 'href');
  return typeof href === 'string' ? href : choke(`the link ${relation} has no href`);
}

function feedback(id: string, { execution, finished, detail }: Telling): object {
  return { id, time: now(), status: { result: { finished }, execution, details: [detail] } };
}

/** As it writes the time: no zone, no separators. */
function now(): string {
  return new Date().toISOString().replace(/[-:]|\.\d+Z$/g, '');
}
