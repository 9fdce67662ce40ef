import { zephyrConfigData, zephyrFeedback, type Report } from '../ddi/bodies';
import type { Dialect } from './ddi-session';
import { Device } from './device';
import type { Owed } from './device-state';
import type { FaultPlan } from '../fault';
import type { Update } from './update';
import type { OfferedArtifact } from '../ddi/wire';
import type { World } from './world';

const DIALECT: Dialect = {
  headers: { 'Content-Type': 'application/json' },
  feedback: (_actionId, _time, report) => zephyrFeedback(report),
  configData: (_time, attributes) => zephyrConfigData(attributes),
  // VIN alone unless the application adds its own; without a model it would fit no release.
  attributes: ({ controllerId, model, revision, version }) => ({
    VIN: controllerId,
    board: model,
    hw_revision: revision,
    version,
  }),
};

/** It asks again after each thing it did; a link that stays would keep it at it for ever. */
const MOST_STEPS = 10;
const SUCCESS: Report = { execution: 'closed', finished: 'success' };

/**
 * Zephyr's hawkBit client: no Accept header, only `download-http` and of that only the path, one report per update and
 * that after the reboot, nothing at all about a download that failed. It keeps the id of the last action.
 */
export class ZephyrDevice extends Device {
  readonly profile = 'zephyr';
  private readonly resumes = this.habits.next() < 0.5;
  private attemptedId: string | undefined;

  constructor(controllerId: string, world: World) {
    super(controllerId, world, DIALECT);
  }

  /** A bad image shows itself only by not coming up. */
  protected override rollsBack(plan: FaultPlan): boolean {
    return super.rollsBack(plan) || plan.strikesOnce('fail');
  }

  protected override async start(): Promise<void> {
    if (!this.resumes && this.update !== undefined) this.update.file = undefined;
    await this.round();
  }

  protected override async round(): Promise<boolean> {
    if (this.owed !== undefined) await this.settle(this.owed);
    let done: string | undefined;
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const next = await this.step(done);
      if (next === undefined) return step > 0;
      done = next;
    }
    return true;
  }

  private async settle({ actionId, verdict }: Owed): Promise<void> {
    const status = await this.report(this.updateFor(actionId), { execution: 'closed', finished: verdict });
    if ([200, 404, 410].includes(status)) this.owed = undefined;
  }

  /** One link, in the order cancel, configData, deployment. Tells which was seen to; undefined: there is nothing. */
  private async step(before: string | undefined): Promise<string | undefined> {
    const links = await this.ddi.poll();
    if (links === undefined) return undefined;
    const { cancelAction, configData, deploymentBase } = links;
    const link = cancelAction ?? configData;
    if (link !== undefined && link === before)
      this.world.oracle.complain(`${this.controllerId} saw ${link} again after it was seen to`);
    if (cancelAction !== undefined) return (await this.cancel(cancelAction)) ? cancelAction : undefined;
    if (configData !== undefined)
      return (await this.ddi.putAttributes(this.version)) ? configData : undefined;
    if (deploymentBase !== undefined) await this.install(deploymentBase);
    return undefined;
  }

  private async cancel(href: string): Promise<boolean> {
    const stopId = await this.ddi.stopId(href);
    if (stopId === undefined || stopId === this.owed?.actionId) return false;
    const url = `${this.ddi.baseUrl}/cancelAction/${stopId}/feedback`;
    return this.answerCancel(this.updateFor(stopId), SUCCESS, url);
  }

  /** Anything but one chunk with one artifact is a parse error here, of which nobody is told. */
  private async install(href: string): Promise<void> {
    const deployment = await this.ddi.deployment(href);
    if (deployment?.chunks.length !== 1 || deployment.id === this.attemptedId) return;
    const [chunk] = deployment.chunks;
    const [artifact, ...others] = chunk?.artifacts ?? [];
    if (chunk === undefined || artifact === undefined || others.length > 0) return;
    const update = this.updateFor(deployment.id, chunk.version);
    update.truth.isFetched = true;
    this.reach('accepted', update);
    if (await this.download(update, artifact)) await this.activate(update, chunk.version);
  }

  private async download(update: Update, artifact: OfferedArtifact): Promise<boolean> {
    const url = this.ddi.serverUrl + new URL(artifact.httpHref).pathname;
    const habits = { algorithm: 'sha256', resumes: this.resumes, tries: 1, url } as const;
    const { kind } = await this.fetch(update, artifact, habits);
    if (kind !== 'whole') return false;
    this.reach('downloaded', update);
    return true;
  }

  private async activate(update: Update, version: string): Promise<void> {
    this.state = 'installing';
    this.reach('installing', update);
    await this.pass(this.habits.between(500, 2000));
    this.reach('installed', update);
    this.installed(update, version);
    this.attemptedId = update.actionId;
    this.owed = { actionId: update.actionId, verdict: 'success' };
    this.reboot(update);
  }
}
