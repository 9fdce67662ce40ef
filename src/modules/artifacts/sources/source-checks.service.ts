import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { OutboundClient, type OutboundAnswer } from '../../../platform/outbound/outbound-client';
import { SecretBox } from '../../../platform/secrets/secret-box';
import { openAddress } from './sealed-address';
import { SourceFaultsService } from './source-faults.service';
import { faultOfAnswer, type BlobFault, type BlobSource } from './source';
import { SourcesRepository } from './sources.repository';
import { isSameFile, onlyIfChanged, validatorsOf } from './validators';

const LOOK_MS = 60_000;
const EVERY_MS = 3_600_000;
/** So many at once, and of one tenant: a server that takes its time, by whoever's wish, keeps nobody else's file waiting. */
const AT_ONCE = 4;
const AT_ONCE_OF_A_TENANT = 2;
const LONGEST_READ_MS = 2 * 3_600_000;

/** What a look at the other server told. */
type Finding = BlobFault | 'same';

/** Asks once an hour whether linked files are still what they were: finds those that changed, and those that came back. */
@Injectable()
export class SourceChecksService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(SourceChecksService.name);
  private readonly stop = new AbortController();
  /** What was read and found to be another file, so that it is not read again every hour. */
  private readonly otherFiles = new Map<string, string>();
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  /** What is being asked for, and whose. */
  private readonly underWay = new Map<Promise<void>, string>();

  constructor(
    private readonly sources: SourcesRepository,
    private readonly faults: SourceFaultsService,
    private readonly outbound: OutboundClient,
    private readonly box: SecretBox,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => this.look(), LOOK_MS);
    const count = await this.sources.countSealedOtherwise(this.box.keyId).catch(() => 0);
    if (count > 0)
      this.logger.error(
        `${count} linked files have credentials that were sealed with another key than this server's ` +
          `(${this.box.keyId.toString('hex')}): they cannot be fetched. Bring back ROOKERY_SECRET_KEY or secret.key.`,
      );
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.stop.abort(new Error('the server stops'));
    await this.running?.catch(() => undefined);
    await Promise.all(this.underWay.keys());
  }

  private look(): void {
    this.begin().catch((error: unknown) =>
      this.logger.warn(`Linked files were not checked and will be later: ${String(error)}`),
    );
  }

  /** Checks all that is due. */
  async checkDue(): Promise<void> {
    await this.begin();
    await Promise.all(this.underWay.keys());
  }

  private begin(): Promise<void> {
    this.running ??= this.beginAll().finally(() => (this.running = undefined));
    return this.running;
  }

  /** Ends when nothing is due any more; what it began last goes on. */
  private async beginAll(): Promise<void> {
    while (!this.stop.signal.aborted) {
      const busy = this.busyTenants();
      // Taken before the question: one that ends meanwhile is not waited for.
      const oneEnded = Promise.race(this.underWay.keys());
      const isFull = this.underWay.size >= AT_ONCE;
      const source = isFull ? undefined : await this.sources.claimDue(EVERY_MS, busy);
      if (source !== undefined) this.take(source);
      else if (isFull || busy.length > 0) await orMinute(oneEnded);
      else return;
    }
  }

  private take(source: BlobSource): void {
    const check = this.check(source).finally(() => this.underWay.delete(check));
    this.underWay.set(check, source.tenantId);
  }

  private busyTenants(): string[] {
    const all = [...this.underWay.values()];
    return all.filter((one) => all.filter((other) => other === one).length >= AT_ONCE_OF_A_TENANT);
  }

  private async check(source: BlobSource): Promise<void> {
    try {
      const finding = await this.find(source);
      await this.faults.note(source, finding === 'same' ? undefined : finding);
    } catch (error) {
      if (!this.stop.signal.aborted)
        this.logger.warn(`The linked file with sha256 ${source.sha256} was not checked: ${String(error)}`);
    }
  }

  /**
   * What is at fault is asked for anew, since a server may give other bytes under the same tag; what was called damaged did
   * just that, and is read whole.
   */
  private async find(source: BlobSource): Promise<Finding> {
    const isTrusted = source.fault !== 'damaged';
    const isFine = source.fault === undefined;
    try {
      const answer = await this.outbound.get({
        ...openAddress(this.box, source.tenantId, source),
        headers: isFine ? onlyIfChanged(source.validators) : {},
        expects: isFine ? [200, 304] : [200],
        maxBytes: source.sizeBytes,
        totalMs: LONGEST_READ_MS,
        signal: this.stop.signal,
      });
      try {
        return await this.findIn(source, answer, isTrusted);
      } finally {
        answer.body.destroy();
      }
    } catch (error) {
      const fault = faultOfAnswer(error);
      if (fault !== undefined) return isTrusted ? fault : 'damaged';
      throw error;
    }
  }

  private async findIn(source: BlobSource, answer: OutboundAnswer, isTrusted: boolean): Promise<Finding> {
    if (answer.status === 304) return 'same';
    const length = answer.headers['content-length'];
    const other = isTrusted ? 'changed' : 'damaged';
    if (length !== undefined && Number(length) !== source.sizeBytes) return other;
    const validators = validatorsOf(answer.headers);
    if (isTrusted && isSameFile(validators, source.validators)) return 'same';
    const seen = JSON.stringify(validators);
    if (isTrusted && this.otherFiles.get(source.blobId) === seen) return 'changed';
    if (await hasBytes(source, answer)) {
      this.otherFiles.delete(source.blobId);
      await this.sources.adopt(source, validators);
      return 'same';
    }
    this.otherFiles.set(source.blobId, seen);
    return other;
  }
}

/** In a minute a file of somebody else may have become due. */
async function orMinute(event: Promise<void>): Promise<void> {
  const isOver = new AbortController();
  const minute = delay(LOOK_MS, undefined, { ref: false, signal: isOver.signal }).catch(() => undefined);
  await Promise.race([event, minute]);
  isOver.abort();
}

async function hasBytes({ sizeBytes, sha256 }: BlobSource, { body }: OutboundAnswer): Promise<boolean> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
  }
  return size === sizeBytes && hash.digest('hex') === sha256;
}
