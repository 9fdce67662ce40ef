import { raucConfigData, raucFeedback, type Report } from '../ddi/bodies';
import type { Dialect } from './ddi-session';
import { Device } from './device';
import type { Update } from './update';
import { actionIdIn, type Deployment, type OfferedArtifact } from '../ddi/wire';
import type { World } from './world';

const JSON_TYPE = 'application/json;charset=UTF-8';

const DIALECT: Dialect = {
  headers: { Accept: JSON_TYPE, 'Content-Type': JSON_TYPE, 'User-Agent': 'rauc-hawkbit-updater' },
  feedback: raucFeedback,
  configData: raucConfigData,
  attributes: ({ model, revision, version }) => ({
    sw_version: version,
    hwRevision: revision,
    board: model,
  }),
  repeatsAfter: [409, 429],
};

/** How often it asks while it installs. */
const WATCH_MS = 5000;
const PROGRESS = [
  '0% Installing',
  '20% Checking bundle done.',
  '40% Determining target install group done.',
  '99% Updating slots done.',
];

const progress = (line: string): Report => ({ execution: 'proceeding', finished: 'none', details: [line] });
const closed = (finished: 'success' | 'failure', line: string): Report => ({
  execution: 'closed',
  finished,
  details: [line],
});

/**
 * RAUC's updater: one chunk with one artifact, no HEAD, resume only where it is configured, success reported before the
 * reboot, no poll while it downloads, and no answer to the cancel of an action that it has finished. It keeps no state:
 * what is still on offer is installed again.
 */
export class RaucDevice extends Device {
  readonly profile = 'rauc';
  private readonly resumes = this.habits.next() < 0.5;
  private finishedId: string | undefined;

  constructor(controllerId: string, world: World) {
    super(controllerId, world, DIALECT);
  }

  protected override async start(): Promise<void> {
    this.finishedId = undefined;
    await this.round();
  }

  protected override async round(): Promise<boolean> {
    const links = await this.ddi.poll();
    if (links === undefined) return false;
    const { configData, deploymentBase, cancelAction } = links;
    let isBusy = configData !== undefined;
    if (configData !== undefined) await this.ddi.putAttributes(this.version);
    if (deploymentBase !== undefined) isBusy = (await this.follow(deploymentBase)) || isBusy;
    if (cancelAction !== undefined) isBusy = (await this.cancel(cancelAction)) || isBusy;
    return isBusy;
  }

  private async cancel(href: string): Promise<boolean> {
    const stopId = await this.ddi.stopId(href);
    if (stopId === undefined || stopId === this.finishedId) return false;
    const answer = closed('success', 'Action canceled.');
    return this.answerCancel(this.updateFor(stopId), answer, this.cancelUrl(stopId));
  }

  private cancelUrl(stopId: string): string {
    return `${this.ddi.baseUrl}/cancelAction/${stopId}/feedback`;
  }

  private async follow(href: string): Promise<boolean> {
    const deployment = await this.ddi.deployment(href);
    if (deployment === undefined || deployment.download === 'skip') return false;
    const version = deployment.chunks[0]?.version ?? '';
    const update = this.updateFor(deployment.id, version);
    update.truth.isFetched = true;
    this.reach('accepted', update);
    const fault = faultOf(deployment);
    const artifact = deployment.chunks[0]?.artifacts[0];
    if (fault !== undefined || artifact === undefined) {
      await this.report(update, closed('failure', fault ?? 'No artifact.'));
    } else if (await this.download(update, artifact)) {
      await this.install(update, version);
    }
    return true;
  }

  private async download(update: Update, artifact: OfferedArtifact): Promise<boolean> {
    const { resumes } = this;
    const headers = { Accept: 'application/octet-stream' };
    const fetched = await this.fetch(update, artifact, { algorithm: 'sha1', resumes, tries: 6, headers });
    if (fetched.kind !== 'whole') {
      update.file = resumes && fetched.kind === 'cut' ? fetched.file : undefined;
      const why = fetched.kind === 'refused' ? `HTTP ${fetched.status}` : fetched.kind;
      await this.report(update, closed('failure', `Download failed: ${why}`));
      return false;
    }
    this.reach('downloaded', update);
    await this.report(update, progress('Download complete. 1.66 MB/s'));
    await this.report(update, progress('File checksum OK.'));
    // Only now it hears of a cancel that came while it downloaded.
    const href = (await this.ddi.poll())?.cancelAction;
    return href === undefined || actionIdIn(href) !== update.actionId || !(await this.cancel(href));
  }

  private async install(update: Update, version: string): Promise<void> {
    this.state = 'installing';
    this.reach('installing', update);
    for (const line of PROGRESS) await this.report(update, progress(line));
    let isAsked = false;
    const isToStop = async (): Promise<boolean> => {
      if (!isAsked) isAsked = await this.refuseCancel(update);
      return false;
    };
    await this.work(2000, 8000, { everyMs: WATCH_MS / this.world.settings.timeScale, isToStop });
    if (update.plan.has('fail')) {
      await this.report(update, closed('failure', 'Failed to install software bundle.'));
      return;
    }
    this.reach('installed', update);
    this.installed(update, version);
    this.finishedId = update.actionId;
    await this.report(update, closed('success', 'Software bundle installed successfully.'));
    this.reboot(update);
  }

  /** It cannot stop an installation, and says so. */
  private async refuseCancel(update: Update): Promise<boolean> {
    const href = (await this.ddi.poll())?.cancelAction;
    if (href === undefined || (await this.ddi.stopId(href)) !== update.actionId) return false;
    const refusal: Report = {
      execution: 'rejected',
      finished: 'success',
      details: ['Cancelation impossible.'],
    };
    await this.answerCancel(update, refusal, this.cancelUrl(update.actionId));
    return true;
  }
}

function faultOf({ chunks }: Deployment): string | undefined {
  if (chunks.length !== 1) return `Deployment with ${chunks.length} chunks is not supported.`;
  const artifacts = chunks[0]?.artifacts.length ?? 0;
  return artifacts === 1 ? undefined : `Chunk with ${artifacts} artifacts is not supported.`;
}
