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
import { BlobMissingError } from '../../platform/storage/storage.errors';
import { TenantsService } from '../tenants/tenants.service';

/** What is wrong with stored bytes. */
export type BlobFault = 'missing' | 'damaged';

interface DueBlob {
  readonly id: string;
  readonly tenantId: string;
  readonly sha256: string;
  readonly sizeBytes: string;
  readonly fault: string | null;
}

/** The pause after a look that found nothing to do. */
const IDLE_MS = 60_000;

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
  RETURNING b.id, b.tenant_id AS "tenantId", b.sha256, b.size_bytes AS "sizeBytes", b.fault`;

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
    const fault = await this.read(due);
    if (fault === 'interrupted') await this.giveBack(due);
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
    try {
      for await (const chunk of await this.store.open(tenantId, sha256)) {
        if (this.stopping.signal.aborted) return 'interrupted';
        hash.update(chunk as Buffer);
        await this.slowDown((chunk as Buffer).length);
      }
    } catch (error) {
      if (error instanceof BlobMissingError)
        return (await this.isStillNamed(tenantId, sha256)) ? 'missing' : undefined;
      // How a disk tells that it has lost a sector.
      if (hasErrno(error, 'EIO')) return 'damaged';
      throw error;
    }
    return hash.digest('hex') === sha256 ? undefined : 'damaged';
  }

  /** A blob that was collected while it was read is not missing. */
  private async isStillNamed(tenantId: string, sha256: string): Promise<boolean> {
    const rows = await this.database.query('SELECT 1 FROM blob WHERE tenant_id = $1 AND sha256 = $2', [
      tenantId,
      sha256,
    ]);
    return rows.length > 0;
  }

  private async giveBack({ id, tenantId }: DueBlob): Promise<void> {
    await this.database.query('UPDATE blob SET checked_at = NULL WHERE tenant_id = $1 AND id = $2', [
      tenantId,
      id,
    ]);
  }

  /** A change of the plan: what is damaged is not offered any more. */
  private async note({ id, tenantId, sha256 }: DueBlob, fault: BlobFault | undefined): Promise<void> {
    await this.tenants.changePlan(tenantId, async (tx) => {
      await tx.query(
        `UPDATE blob SET fault = $3, fault_at = CASE WHEN $3::text IS NOT NULL THEN now() END
          WHERE tenant_id = $1 AND id = $2`,
        [tenantId, id, fault ?? null],
      );
      await recordEvent(tx, systemActor(tenantId), {
        kind: fault === undefined ? 'blob.healed' : `blob.${fault}`,
        subject: `blob:${sha256}`,
        detail: { releases: await releasesWith(tx, tenantId, id) },
      });
    });
    if (fault !== undefined)
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

async function releasesWith(tx: Sql, tenantId: string, blobId: string): Promise<string[]> {
  const rows = await tx.query<{ id: string }>(
    `SELECT DISTINCT m.release_id AS id FROM artifact a JOIN release_module m ON m.id = a.module_id
      WHERE a.tenant_id = $1 AND a.blob_id = $2`,
    [tenantId, blobId],
  );
  return rows.map((row) => row.id);
}
