import { swupdateConfigData, swupdateFeedback, type Report } from '../ddi/bodies';
import type { Dialect } from './ddi-session';
import { Device } from './device';
import type { Owed, Watch } from './device-state';
import type { Update } from './update';
import { actionIdIn, type Deployment } from '../ddi/wire';
import type { World } from './world';

const DIALECT: Dialect = {
  headers: {
    Accept: 'application/json',
    'Content-Type': 'application/json',
    'User-Agent': 'libcurl-agent/1.0',
    charsets: 'utf-8',
  },
  feedback: swupdateFeedback,
  configData: (time, attributes) => swupdateConfigData(time, attributes, 'replace'),
  attributes: ({ model, revision, version }) => ({ swVersion: version, board: model, hwRevision: revision }),
};

const RESEND_MS = 10_000;
const NONE = { cnt: 0, of: 0 };
const FIRST = { cnt: 0, of: 1 };
const CANCELLED: Report = {
  execution: 'closed',
  finished: 'success',
  details: ['cancellation acknowledged.'],
};
const SKIPPED: Report = {
  execution: 'closed',
  finished: 'success',
  progress: NONE,
  details: ['Skipped Update.'],
};
const LOG = [
  'Software Update started !',
  '[network_initializer] : Software update started',
  '[extract_file_to_tmp] : Found file',
  '[extract_file_to_tmp] :  filename sw-description',
  '[network_initializer] : Valid image found: copying to FLASH',
  'Installation in progress',
  '[network_initializer] : Main thread sleep again !',
];

/**
 * SWUpdate's suricatta: sends its attributes at every start, looks twice before it installs, sends HEAD before GET, reports
 * the success only after the reboot, and writes JSON that can be broken. File names and types are not judged here, so that
 * one release serves a mixed fleet.
 */
export class SwupdateDevice extends Device {
  readonly profile = 'swupdate';
  private isConfigDue = true;

  constructor(controllerId: string, world: World) {
    super(controllerId, world, DIALECT);
  }

  protected override async start(): Promise<void> {
    this.isConfigDue = true;
    // It streams into the slot: what power loss left there is no file to go on with.
    if (this.update !== undefined) this.update.file = undefined;
    while (this.owed !== undefined && !(await this.settle(this.owed))) await this.pass(RESEND_MS);
    this.owed = undefined;
    await this.round();
  }

  protected override async round(): Promise<boolean> {
    const links = await this.ddi.poll();
    if (links?.cancelAction !== undefined) return this.acknowledge(links.cancelAction);
    const href = links?.deploymentBase;
    const deployment = href === undefined ? undefined : await this.ddi.deployment(href);
    if (this.isConfigDue || links?.configData !== undefined) {
      if (await this.ddi.putAttributes(this.version)) this.isConfigDue = false;
      return true;
    }
    if (deployment === undefined) return false;
    await this.decide(deployment);
    return true;
  }

  /** After a restart: tells the outcome if anything is on offer, and else tells nobody. */
  private async settle(owed: Owed): Promise<boolean> {
    const links = await this.ddi.poll();
    if (links === undefined) return false;
    if (links.deploymentBase === undefined) return true;
    if ((await this.ddi.deployment(links.deploymentBase)) === undefined) return false;
    const update = this.updateFor(owed.actionId);
    const isGood = owed.verdict === 'success';
    const status = await this.report(update, {
      execution: 'closed',
      finished: owed.verdict,
      progress: NONE,
      details: [isGood ? 'Update Installed.' : 'Update failed.'],
    });
    return status === 200;
  }

  private async acknowledge(href: string): Promise<boolean> {
    const stopId = await this.ddi.stopId(href);
    if (stopId === undefined) return false;
    return this.answerCancel(this.updateFor(stopId), CANCELLED, `${href}/feedback`);
  }

  private async decide(deployment: Deployment): Promise<void> {
    const update = this.updateFor(deployment.id, deployment.chunks[0]?.version ?? '');
    update.truth.isFetched = true;
    this.reach('accepted', update);
    // The second look. An offer that has become a cancel since makes it claim a success: real clients do that.
    const again = await this.ddi.poll();
    if (deployment.update === 'skip' || again?.cancelAction !== undefined) {
      await this.report(update, SKIPPED);
      return;
    }
    if (again?.deploymentBase === undefined || actionIdIn(again.deploymentBase) !== deployment.id) return;
    if ((await this.ddi.deployment(again.deploymentBase)) !== undefined)
      await this.install(update, deployment);
  }

  private async install(update: Update, deployment: Deployment): Promise<void> {
    const begun = { details: ['Installing Update Chunk Artifacts.'], progress: FIRST };
    if ((await this.report(update, { execution: 'proceeding', finished: 'none', ...begun })) !== 200) return;
    const outcome = await this.installChunks(update, deployment);
    if (outcome === 'cancelled') return;
    if (outcome === 'failed') {
      await this.report(update, failure(update.plan.has('broken-json')));
      return;
    }
    this.reach('installed', update);
    this.installed(update, deployment.chunks[0]?.version ?? '');
    this.owed = { actionId: update.actionId, verdict: 'success' };
    const done = { details: ['All Chunks Installed.'], progress: { cnt: 1, of: 1 } };
    await this.report(update, { execution: 'proceeding', finished: 'none', ...done });
    const everyMs = this.ddi.sleepMs / 10;
    await this.work(500, 3000, { everyMs, isToStop: () => this.isCancelled().then(() => false) });
    this.reboot(update);
  }

  private async installChunks(
    update: Update,
    deployment: Deployment,
  ): Promise<'installed' | 'failed' | 'cancelled'> {
    const watch: Watch = { everyMs: this.ddi.sleepMs, isToStop: () => this.isCancelled() };
    for (const artifact of deployment.chunks.flatMap((chunk) => chunk.artifacts)) {
      await this.ddi.ask('HEAD', artifact.href);
      const habits = { algorithm: 'sha1', resumes: true, tries: 6 } as const;
      const { kind } = await this.fetchWatching(update, artifact, habits, watch);
      update.file = undefined;
      if (kind === 'aborted') return 'cancelled';
      if (kind !== 'whole') return 'failed';
    }
    this.reach('downloaded', update);
    await this.report(update, logBatch(update.plan.has('broken-json')));
    this.state = 'installing';
    this.reach('installing', update);
    if (await this.work(2000, 8000, watch)) return 'cancelled';
    return update.plan.has('fail') ? 'failed' : 'installed';
  }

  /** It polls beside its work, and a cancel that it has acknowledged ends the work. */
  private async isCancelled(): Promise<boolean> {
    const href = (await this.ddi.poll())?.cancelAction;
    return href !== undefined && (await this.acknowledge(href));
  }
}

/** Quotes and newlines of log lines are replaced before they are sent, other control characters are not. */
function logBatch(isBroken: boolean): Report {
  const details = isBroken ? [...LOG, 'ERROR : \u001b[31mred\u001b[0m'] : LOG;
  return { execution: 'proceeding', finished: 'none', progress: NONE, details };
}

/** The lines of the final report are not mended at all. */
function failure(isBroken: boolean): Report {
  const line = isBroken
    ? 'ERROR : Required image file ro"ot .img missing...\naborting !'
    : 'ERROR : Writing into SWUpdate IPC stream failed.';
  return {
    execution: 'closed',
    finished: 'failure',
    progress: FIRST,
    details: [line, 'No suitable .swu image found'],
  };
}
