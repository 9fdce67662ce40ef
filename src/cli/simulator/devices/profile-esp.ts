import { espConfigData, espFeedback, type Report } from '../ddi/bodies';
import type { Dialect } from './ddi-session';
import { Device } from './device';
import type { Owed, Watch } from './device-state';
import type { Update } from './update';
import type { Deployment, OfferedArtifact } from '../ddi/wire';
import type { World } from './world';

const DIALECT: Dialect = {
  headers: {
    Accept: 'application/json',
    'Accept-Encoding': 'identity',
    'Content-Type': 'application/json',
    'User-Agent': 'rookery-esp32-agent',
  },
  feedback: (actionId, _time, report) => espFeedback(actionId, report),
  configData: (_time, attributes) => espConfigData(attributes),
  attributes: ({ model, revision, version }) => ({
    fw_version: version,
    hw_model: model,
    hw_revision: revision,
    idf_ver: '5.5.1',
  }),
};

const ROLLED_BACK = 2;
const CANCELLED: Report = { execution: 'closed', finished: 'success', details: ['cancelled'] };
const REJECTED: Report = { execution: 'rejected', finished: 'none', details: ['already activated'] };

const progress = (cnt: number, of: number, line: string): Report => ({
  execution: 'proceeding',
  finished: 'none',
  progress: { cnt, of },
  details: [line],
});

/**
 * Rookery's agent for the ESP32: never forgets an outcome before it was acknowledged, resumes with Range and If-Range also
 * after a loss of power, and calls an update a success once the new image has booted and talked to the server.
 */
export class EspDevice extends Device {
  readonly profile = 'esp';
  constructor(controllerId: string, world: World) {
    super(controllerId, world, DIALECT);
  }

  protected override async start(): Promise<void> {
    await this.round();
  }

  protected override async round(): Promise<boolean> {
    const links = await this.ddi.poll();
    if (links === undefined) return false;
    // The self-test of a new image is one poll that was answered: only now the outcome is told.
    if (this.owed !== undefined) {
      // What this poll offered is the action that is being settled.
      await this.settle(this.owed);
      return true;
    }
    const { cancelAction, configData, deploymentBase } = links;
    if (cancelAction !== undefined) return this.cancel(cancelAction);
    if (configData !== undefined) await this.ddi.putAttributes(this.version, configData);
    if (deploymentBase === undefined) return configData !== undefined;
    return (await this.follow(deploymentBase)) || configData !== undefined;
  }

  /** What the server will not hear of is settled too. */
  private async settle({ actionId, verdict }: Owed): Promise<void> {
    const update = this.updateFor(actionId);
    const isGood = verdict === 'success';
    const status = await this.report(update, {
      execution: 'closed',
      finished: verdict,
      details: [isGood ? 'running the new image' : 'rolled back: the new image did not come up'],
      ...(isGood ? {} : { code: ROLLED_BACK }),
    });
    if ([200, 404, 410].includes(status)) this.owed = undefined;
  }

  /** Up to the activation it stops; from there on it refuses. */
  private async cancel(href: string): Promise<boolean> {
    const stopId = await this.ddi.stopId(href);
    if (stopId === undefined) return false;
    const isActivated = this.slot !== undefined || this.owed?.actionId === stopId;
    const update = this.updateFor(stopId);
    if (!isActivated) update.file = undefined;
    return this.answerCancel(update, isActivated ? REJECTED : CANCELLED, `${href}/feedback`);
  }

  private async follow(href: string): Promise<boolean> {
    const deployment = await this.ddi.deployment(href);
    if (deployment === undefined) return false;
    const version = deployment.chunks[0]?.version ?? '';
    const update = this.updateFor(deployment.id, version);
    update.truth.isFetched = true;
    this.reach('accepted', update);
    const artifact = onlyArtifact(deployment);
    if (artifact === undefined) {
      await this.report(update, {
        execution: 'closed',
        finished: 'failure',
        details: ['needs exactly one file'],
      });
      return true;
    }
    await this.report(update, progress(0, artifact.sizeBytes, 'downloading'));
    if (await this.download(update, artifact)) await this.install(update, version);
    return true;
  }

  private async download(update: Update, artifact: OfferedArtifact): Promise<boolean> {
    const watch: Watch = { everyMs: this.ddi.sleepMs, isToStop: () => this.isCancelled() };
    const habits = { algorithm: 'sha256', resumes: true, usesIfRange: true, tries: 4 } as const;
    const { kind } = await this.fetchWatching(update, artifact, habits, watch);
    if (kind === 'corrupt') update.file = undefined;
    // Anything but a whole file leads back to the deployment, at the next poll.
    if (kind !== 'whole') return false;
    this.reach('downloaded', update);
    await this.report(update, { execution: 'downloaded', finished: 'none', details: ['sha256 matches'] });
    return true;
  }

  private async install(update: Update, version: string): Promise<void> {
    this.state = 'installing';
    this.reach('installing', update);
    const watch: Watch = { everyMs: this.ddi.sleepMs, isToStop: () => this.isCancelled() };
    if (await this.work(500, 3000, watch)) return;
    if (update.plan.has('fail')) {
      const details = ['the image was refused'];
      await this.report(update, { execution: 'closed', finished: 'failure', code: 1, details });
      return;
    }
    this.reach('installed', update);
    this.installed(update, version);
    this.owed = { actionId: update.actionId, verdict: 'success' };
    await this.report(update, progress(1, 1, 'rebooting'));
    this.reboot(update);
  }

  private async isCancelled(): Promise<boolean> {
    const href = (await this.ddi.poll())?.cancelAction;
    return href !== undefined && (await this.cancel(href));
  }
}

function onlyArtifact({ chunks }: Deployment): OfferedArtifact | undefined {
  const artifacts = chunks.flatMap((chunk) => chunk.artifacts);
  return artifacts.length === 1 ? artifacts[0] : undefined;
}
