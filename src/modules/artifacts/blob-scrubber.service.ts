import { createHash } from 'node:crypto';
import {
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { systemActor } from '../../platform/actor/actor';
import { Settings } from '../../platform/config/settings';
import { Database, type Sql } from '../../platform/database/database';
import { recordEvent } from '../../platform/events/event-log';
import { BlobStore } from '../../platform/storage/blob-store';
import { hasErrno } from '../../platform/storage/durable-files';
import { interruptible } from '../../platform/storage/interruptible';
import { BlobMissingError } from '../../platform/storage/storage.errors';
import { TenantsService } from '../tenants/tenants.service';
import type { BlobFault } from './sources/source';

interface DueBlob {
  readonly id: string;
  readonly tenantId: string;
  readonly sha256: string;
  readonly fault: string | null;
  /** In Postgres' words, since a Date is less exact. Whoever brings the bytes anew changes it. */
  readonly takenAt: string;
}

/** The pause after a look that found nothing to do. */
const IDLE_MS = 60_000;
/** What could not be read, since the store was away, waits so long: others shall have their turn. */
const RETRY_MS = 3_600_000;
/** How a disk says that it cannot read a file any more: a bad sector, or a checksum that does not fit. */
const UNREADABLE = ['EIO', 'EBADMSG', 'EUCLEAN'];

/**
 * The one that was read longest ago, marked as read at once so that other replicas take the next. What was wrong is looked at
 * every hour: a disk that was not mounted for a while takes no release away for a month.
 */
const TAKE_NEXT = `
  UPDATE blob b SET checked_at = now()
   WHERE b.id = (SELECT d.id FROM blob d
                  WHERE (d.checked_at IS NULL AND d.created_at < now() - interval '1 minute'
                         OR d.checked_at < now() - make_interval(secs => $1)
                         OR d.fault IS NOT NULL AND d.checked_at < now() - interval '1 hour')
                    AND NOT EXISTS (SELECT 1 FROM blob_source s WHERE s.blob_id = d.id)
                  ORDER BY d.checked_at NULLS FIRST, d.id LIMIT 1 FOR UPDATE SKIP LOCKED)
  RETURNING b.id, b.tenant_id AS "tenantId", b.sha256, b.fault, b.checked_at::text AS "takenAt"`;

/**
 * Reads every blob again and again, slowly, and compares it with its name. What has rotted is told in the audit and by the
 * release, which is offered no more until the same content was uploaded once more. Replicas share the work.
 */
@Injectable()
export class BlobScrubberService implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger(BlobScrubberService.name);
  private readonly stopping = new AbortController();
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly database: Database,
    private readonly store: BlobStore,
    private readonly tenants: TenantsService,
    private readonly settings: Settings,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.scrubBytesPerSecond > 0) this.running = this.run();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** Reads the next blob that is due, at the pace of the settings; false when none is. */
  async scrubNext(): Promise<boolean> {
    const [due] = await this.database.query<DueBlob>(TAKE_NEXT, [this.settings.scrubEveryMs / 1000]);
    if (due === undefined) return false;
    const fault = await this.read(due).catch(async (error: unknown) => {
      await this.giveBack(due, RETRY_MS);
      throw error;
    });
    if (fault === 'interrupted') await this.giveBack(due, 0);
    else if (fault !== (due.fault ?? undefined)) await this.note(due, fault);
    return true;
  }

  private async run(): Promise<void> {
    while (!this.stopping.signal.aborted) {
      const hasRead = await this.scrubNext().catch((error: unknown) => {
        this.logger.warn(`Stored files could not be checked: ${String(error)}`);
        return false;
      });
      if (!hasRead) await this.pause(IDLE_MS);
    }
  }

  private async read({ tenantId, sha256 }: DueBlob): Promise<BlobFault | 'interrupted' | undefined> {
    const hash = createHash('sha256');
    const { signal } = this.stopping;
    try {
      const bytes = (await this.store.open(tenantId, sha256)) as AsyncIterable<Buffer>;
      for await (const chunk of interruptible(bytes, signal)) {
        hash.update(chunk);
        await this.slowDown(chunk.length);
      }
    } catch (error) {
      if (signal.aborted) return 'interrupted';
      if (error instanceof BlobMissingError) return 'missing';
      if (!isUnreadable(error)) throw error;
      // A disk that is gone altogether says the same of every file.
      await this.store.checkWritable();
      return 'damaged';
    }
    return hash.digest('hex') === sha256 ? undefined : 'damaged';
  }

  /** It was not read after all, and is due again then. */
  private async giveBack({ id, tenantId, takenAt }: DueBlob, inMs: number): Promise<void> {
    await this.database.query(
      `UPDATE blob SET checked_at = now() - make_interval(secs => $4)
        WHERE tenant_id = $1 AND id = $2 AND checked_at = $3::timestamptz`,
      [tenantId, id, takenAt, (this.settings.scrubEveryMs - inMs) / 1000],
    );
  }

  /**
   * A change of the plan: what is damaged is not offered any more. Nothing is noted of bytes that were collected, or uploaded
   * afresh, while the old ones were read.
   */
  private async note(due: DueBlob, fault: BlobFault | undefined): Promise<void> {
    const { id, tenantId, sha256, takenAt } = due;
    const isNoted = await this.tenants.changePlan(tenantId, async (tx) => {
      const changed = await tx.execute(
        `UPDATE blob SET fault = $3, fault_at = CASE WHEN $3::text IS NOT NULL THEN now() END
          WHERE tenant_id = $1 AND id = $2 AND checked_at = $4::timestamptz`,
        [tenantId, id, fault ?? null, takenAt],
      );
      if (changed === 0) return false;
      await recordEvent(tx, systemActor(tenantId), {
        kind: fault === undefined ? 'blob.healed' : `blob.${fault}`,
        subject: `blob:${sha256}`,
        detail: { releases: await releasesWith(tx, tenantId, id) },
      });
      return true;
    });
    if (isNoted && fault !== undefined)
      this.logger.error(
        `The stored file with sha256 ${sha256} of tenant ${tenantId} is ${fault}. Upload it again.`,
      );
  }

  private async slowDown(bytes: number): Promise<void> {
    const { scrubBytesPerSecond } = this.settings;
    if (scrubBytesPerSecond > 0) await this.pause((bytes / scrubBytesPerSecond) * 1000);
  }

  private async pause(ms: number): Promise<void> {
    if (ms < 1 || this.stopping.signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(done, ms);
      const { signal } = this.stopping;
      function done(): void {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        resolve();
      }
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

function isUnreadable(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return UNREADABLE.some((code) => hasErrno(error, code) || hasErrno(cause, code));
}

async function releasesWith(tx: Sql, tenantId: string, blobId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT DISTINCT m.release_id AS id FROM artifact a JOIN release_module m ON m.id = a.module_id
      WHERE a.tenant_id = $1 AND a.blob_id = $2`,
    [tenantId, blobId],
  );
  return rows.map((row) => row.id);
}
