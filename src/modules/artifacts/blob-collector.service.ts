import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Settings } from '../../platform/config/settings';
import { Database } from '../../platform/database/database';
import { BlobStore, type ListedBlob, type StoredBlob } from '../../platform/storage/blob-store';
import { ArtifactsService } from './artifacts.service';
import { UploadsService } from './uploads/uploads.service';

const COLLECT_MS = 3_600_000;
/** Blobs that are compared with the rows in one statement. */
const BATCH = 500;
/** A blob that was placed is claimed within seconds, or never; of many large files the first wait for the last. */
const UNCLAIMED_MS = 3_600_000;

/** What a round has found and removed. */
export interface Collected {
  /** Bytes of uploads that never ended. */
  readonly staged: number;
  /** Bytes without a row: their transaction was rolled back, or its process killed. */
  readonly orphans: number;
  /** Rows, and their bytes, that no release refers to. */
  readonly unclaimed: number;
}

/** Does a part of a round; 0 when it fails, or the server stops. */
type Attempt = (work: () => Promise<number>) => Promise<number>;

/** Removes what interrupted uploads and removals leave behind. Any number of replicas may do so at once. */
@Injectable()
export class BlobCollectorService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BlobCollectorService.name);
  private timer: NodeJS.Timeout | undefined;
  private round: Promise<unknown> = Promise.resolve();
  private isStopping = false;

  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
    private readonly artifacts: ArtifactsService,
    private readonly uploads: UploadsService,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    const run = (): void => void (this.round = this.round.then(() => this.collectQuietly()));
    this.timer = setInterval(run, COLLECT_MS);
    run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    clearInterval(this.timer);
    this.isStopping = true;
    await this.round;
  }

  /** One round over everything that is stored. What fails keeps nothing else from being removed, and is tried again. */
  async collect(): Promise<Collected> {
    const failures: unknown[] = [];
    const attempt: Attempt = async (work) => {
      if (this.isStopping) return 0;
      return work().catch((error: unknown) => {
        failures.push(error);
        return 0;
      });
    };
    const swept = await attempt(() => this.store.sweepStaging(this.settings.uploadIdleMs));
    const staged = swept + (await attempt(() => this.uploads.collectIdle()));
    const unclaimed = await attempt(() => this.collectUnclaimed(attempt));
    const orphans = await attempt(() => this.collectOrphans(attempt));
    if (failures.length > 0)
      this.logger.warn(
        `Some of what uploads left behind was not removed (${failures.length} failures): ${String(failures[0])}`,
      );
    return { staged, unclaimed, orphans };
  }

  private get unclaimedMs(): number {
    return Math.min(UNCLAIMED_MS, this.settings.uploadIdleMs);
  }

  private async collectOrphans(attempt: Attempt): Promise<number> {
    const bornAtMs = await this.bornAtMs();
    let [removed, older] = [0, 0];
    let batch: ListedBlob[] = [];
    const removeBatch = async (): Promise<void> => {
      const unknown = await this.unknownOf(batch);
      const orphans = unknown.filter((blob) => blob.touchedAtMs >= bornAtMs);
      older += unknown.length - orphans.length;
      // Judged again one by one under the blob's lock: an upload of the same content may be about to name it.
      for (const orphan of orphans)
        removed += await attempt(async () => Number(await this.artifacts.removeOrphan(orphan)));
      batch = [];
    };
    for await (const blob of this.store.list(this.unclaimedMs)) {
      if (this.isStopping) return removed;
      batch.push(blob);
      if (batch.length >= BATCH) await removeBatch();
    }
    await removeBatch();
    this.tellOfOlder(older);
    return removed;
  }

  private async unknownOf(blobs: readonly ListedBlob[]): Promise<ListedBlob[]> {
    const rows = await this.database.query<{ at: number }>(
      `SELECT k.at::int AS at
         FROM unnest($1::bigint[], $2::text[]) WITH ORDINALITY AS k (tenant_id, sha256, at)
        WHERE NOT EXISTS (SELECT 1 FROM blob b WHERE b.tenant_id = k.tenant_id AND b.sha256 = k.sha256)`,
      [blobs.map((blob) => blob.tenantId), blobs.map((blob) => blob.sha256)],
    );
    const positions = new Set(rows.map(({ at }) => at));
    return blobs.filter((_blob, index) => positions.has(index + 1));
  }

  /**
   * When the database began. What is older in the store cannot be a remnant of ours: a server that was started with another
   * database by mistake, or with an empty one, must not remove everything.
   */
  private async bornAtMs(): Promise<number> {
    const [row] = await this.database.query<{ at: Date | null }>('SELECT min(created_at) AS at FROM tenant');
    return row?.at?.getTime() ?? Infinity;
  }

  private tellOfOlder(count: number): void {
    if (count > 0)
      this.logger.error(
        `${count} stored files are older than this database, which does not know them: is it the right one? They stay.`,
      );
  }

  private async collectUnclaimed(attempt: Attempt): Promise<number> {
    const rows = await this.database.query<StoredBlob>(
      `SELECT b.tenant_id AS "tenantId", b.sha256 FROM blob b
        WHERE b.created_at < now() - make_interval(secs => $1)
          AND NOT EXISTS (SELECT 1 FROM artifact a WHERE a.tenant_id = b.tenant_id AND a.blob_id = b.id)
        LIMIT ${BATCH}`,
      [this.unclaimedMs / 1000],
    );
    let removed = 0;
    for (const blob of rows)
      removed += await attempt(async () => Number(await this.artifacts.collectOne(blob)));
    return removed;
  }

  private async collectQuietly(): Promise<void> {
    const { staged, orphans, unclaimed } = await this.collect();
    if (staged + orphans + unclaimed > 0)
      this.logger.log(
        `Removed ${staged} unfinished uploads, ${orphans} files without a row and ${unclaimed} that no release refers to`,
      );
  }
}
