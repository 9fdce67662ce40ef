import { setTimeout as delay } from 'node:timers/promises';
import { Random } from '../../src/cli/simulator/random';
import { eventually } from '../e2e/support/eventually';
import { Management, ManagementError, type ReleaseView } from '../e2e/support/management';
import { RookeryProcess } from '../e2e/support/rookery-process';
import { storedFiles } from './stored-files';
import { FormErrand, sha256Of, TusErrand, type Errand } from './upload-errands';

export interface UploadKills {
  readonly kills: number;
  readonly uploads: number;
  /** How uploads stood at a kill. */
  readonly atTheKill: { readonly acknowledged: number; readonly brokenOff: number };
  /** Releases that were there although the answer that said so was lost. */
  readonly answersLost: number;
  /** Uploads that nobody repeated. */
  readonly abandoned: number;
  /** Bytes that resumed uploads did not have to send again. */
  readonly savedBytes: number;
  /** Files that were compared, byte by byte. */
  readonly comparedFiles: number;
  /** What lay about before the collector ran, and what after. */
  readonly litter: { readonly before: Litter; readonly after: Litter };
  readonly seconds: number;
  /** Everything that is not as it has to be. */
  readonly faults: readonly string[];
}

interface Litter {
  readonly staged: number;
  readonly partial: number;
  /** Bytes of no release that can be seen. */
  readonly orphans: number;
}

const FORMS_AT_ONCE = 3;
const RESUMABLE_AT_ONCE = 3;
/** Of ten uploads that a kill broke off, so many are never repeated. */
const ABANDONED_OF_TEN = 3;
const CLEAN: Litter = { staged: 0, partial: 0, orphans: 0 };

/** `kill -9` of a server, again and again, amid uploads that are repeated until they are through, or given up. */
export async function killAmidUploads(
  options: { readonly kills: number; readonly seed: number },
  say: (line: string) => void = () => undefined,
): Promise<UploadKills> {
  const startedMs = performance.now();
  const server = await RookeryProcess.start();
  try {
    const run = new UploadRun(server, new Random(options.seed));
    await run.warmUp();
    for (let kill = 1; kill <= options.kills; kill += 1) say(`kill ${kill}: ${await run.kill(kill)}`);
    const litter = await run.collect();
    await run.uploadOnceMore();
    return { ...run.figures, litter, seconds: Math.round((performance.now() - startedMs) / 1000) };
  } finally {
    await server.discard();
  }
}

class UploadRun {
  private readonly management: Management;
  private readonly errands: Errand[] = [];
  private readonly compared = new Set<string>();
  private readonly faults: string[] = [];
  private usualMs = 500;
  private counts = { kills: 0, acknowledged: 0, brokenOff: 0, answersLost: 0, abandoned: 0 };

  constructor(
    private readonly server: RookeryProcess,
    private readonly random: Random,
  ) {
    this.management = new Management(server.url, server.token);
  }

  get figures(): Omit<UploadKills, 'litter' | 'seconds'> {
    const { kills, answersLost, abandoned, acknowledged, brokenOff } = this.counts;
    const resumed = this.errands.filter((errand) => errand instanceof TusErrand);
    return {
      ...{ kills, uploads: this.errands.length, atTheKill: { acknowledged, brokenOff } },
      ...{ answersLost, abandoned },
      savedBytes: resumed.reduce((sum, { savedBytes }) => sum + savedBytes, 0),
      comparedFiles: this.compared.size,
      faults: [...this.faults, ...this.errands.flatMap((errand) => errand.broken)],
    };
  }

  /** How long uploads usually take, but for the first ones, so that kills come while there are some. */
  async warmUp(): Promise<void> {
    await Promise.all(this.begin('cold').map((errand) => errand.run()));
    const begin = performance.now();
    await Promise.all(this.begin('warm').map((errand) => errand.run()));
    this.usualMs = Math.ceil(performance.now() - begin);
  }

  async kill(number: number): Promise<string> {
    const errands = this.begin(`k${number}`);
    const runs = errands.map((errand) => errand.run());
    const settled = Promise.allSettled(runs);
    // In turn with the first that is through, and anywhere in the time that they usually take.
    if (number % 2 === 0) await Promise.any(runs).catch(() => undefined);
    else await delay(this.random.next() * this.usualMs);
    await this.server.kill9();
    for (const one of await settled) if (one.status === 'rejected') this.noteRefusal(one.reason);
    await this.server.restart();
    const open = errands.filter((errand) => errand.releaseId === undefined);
    const visible = await this.judge();
    const lost = open.filter((errand) => visible.some((release) => release.name === errand.name));
    this.counts.kills += 1;
    this.counts.acknowledged += errands.length - open.length;
    this.counts.brokenOff += open.length;
    this.counts.answersLost += lost.length;
    await this.repeat(open);
    await this.judge();
    return `${errands.length - open.length} acknowledged, ${open.length} broken off, ${lost.length} answers lost`;
  }

  /** What the collector leaves once nobody went on with anything for a while. */
  async collect(): Promise<UploadKills['litter']> {
    const before = await this.litter();
    await delay(1_500);
    await this.server.restartWith({ ROOKERY_UPLOAD_IDLE: '1s' });
    let after = before;
    await eventually(async () => {
      after = await this.litter();
      if (JSON.stringify(after) !== JSON.stringify(CLEAN)) throw new Error(JSON.stringify(after));
    }).catch(() => this.faults.push(`after the collector there are ${JSON.stringify(after)}`));
    this.compared.clear();
    await this.judge();
    return { before, after };
  }

  async uploadOnceMore(): Promise<void> {
    await Promise.all(this.begin('last').map((errand) => errand.run()));
    await this.judge();
  }

  private begin(round: string): Errand[] {
    const errands = [
      ...Array.from(
        { length: FORMS_AT_ONCE },
        (_unused, index) => new FormErrand(`${round}-form-${index}`, this.server, this.random),
      ),
      ...Array.from(
        { length: RESUMABLE_AT_ONCE },
        (_unused, index) => new TusErrand(`${round}-resumable-${index}`, this.server, this.random),
      ),
    ];
    this.errands.push(...errands);
    return errands;
  }

  /** A refusal is none of what a kill may do to an upload: only the connection may end. */
  private noteRefusal(reason: unknown): void {
    if (reason instanceof ManagementError) this.faults.push(`refused: ${reason.message}`);
  }

  private async repeat(open: readonly Errand[]): Promise<void> {
    for (const errand of open) {
      if (this.random.next() * 10 < ABANDONED_OF_TEN) {
        this.counts.abandoned += 1;
        continue;
      }
      await errand.run().catch((error: unknown) => {
        this.faults.push(`${errand.name}, repeated: ${String(error)}`);
      });
    }
  }

  /** What was acknowledged is there, and what is there is whole. */
  private async judge(): Promise<readonly ReleaseView[]> {
    const visible = await this.management.releases();
    const ids = new Set(visible.map(({ id }) => id));
    for (const { name, releaseId } of this.errands)
      if (releaseId !== undefined && !ids.has(releaseId))
        this.faults.push(`${name} was acknowledged and lost`);
    const names = visible.map(({ name }) => name);
    if (new Set(names).size < names.length) this.faults.push('a release is there twice');
    for (const release of visible) await this.compare(release);
    return visible;
  }

  private async compare(release: ReleaseView): Promise<void> {
    const { sha256s } = this.errands.find((errand) => errand.name === release.name) ?? {};
    const artifacts = release.modules.flatMap((module) => module.artifacts);
    if (artifacts.length !== sha256s?.size) this.faults.push(`${release.name} has ${artifacts.length} files`);
    for (const { fileName, sha256 } of artifacts) {
      const key = `${release.name}/${fileName}`;
      if (this.compared.has(key)) continue;
      const bytes = await this.management.download(release.id, fileName).catch(() => Buffer.alloc(0));
      const isWhole = sha256 === sha256s?.get(fileName) && sha256 === sha256Of(bytes);
      if (!isWhole) this.faults.push(`${key} is not what was sent`);
      this.compared.add(key);
    }
  }

  private async litter(): Promise<Litter> {
    const { staged, partial, blobs } = await storedFiles(this.server.dataDir);
    const visible = await this.management.releases();
    const known = new Set(
      visible.flatMap(({ modules }) =>
        modules.flatMap(({ artifacts }) => artifacts.map((one) => one.sha256)),
      ),
    );
    const orphans = blobs.filter((sha256) => !known.has(sha256)).length;
    return { staged: staged.length, partial: partial.length, orphans };
  }
}
