import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../../platform/actor/actor';
import { Clock } from '../../../platform/clock/clock';
import { Settings } from '../../../platform/config/settings';
import { PartialFiles } from '../../../platform/storage/partial-files';
import { BlobTooLargeError } from '../../../platform/storage/storage.errors';
import { StorageQuotaError } from '../artifacts.errors';
import { StorageQuotaService } from '../storage-quota.service';
import { Turns } from './turns';
import { isWhole, type NewUpload, type Upload } from './upload';
import {
  UnfinishedUploadError,
  UnknownUploadError,
  UploadBusyError,
  UploadOffsetError,
} from './uploads.errors';
import { UploadsRepository } from './uploads.repository';

/** Uploads of a tenant that no release took yet. */
export const MOST_OPEN_UPLOADS = 100;

const ID = /^[0-9a-f]{32}$/;

/** Files that come in over several requests. What was acknowledged of them survives a crash, and what nobody wants any more goes. */
@Injectable()
export class UploadsService {
  private readonly files: PartialFiles;
  /** Whoever lost its connection may still be writing down how far it came. */
  private readonly turns = new Turns();

  constructor(
    private readonly uploads: UploadsRepository,
    private readonly quota: StorageQuotaService,
    private readonly settings: Settings,
    clock: Clock,
  ) {
    this.files = new PartialFiles(join(settings.dataDir, 'uploads'), clock);
  }

  /** A pause that ends an upload. */
  get idleMs(): number {
    return this.settings.uploadIdleMs;
  }

  newId(): string {
    return randomBytes(16).toString('hex');
  }

  /**
   * Room for all of it is set aside from now on.
   * @throws BlobTooLargeError, StorageQuotaError, TooManyUploadsError
   */
  async begin(actor: Actor, id: string, upload: NewUpload): Promise<void> {
    const { tenantId } = actor;
    const { uploadMaxBytes } = this.settings;
    if (upload.sizeBytes > uploadMaxBytes) throw new BlobTooLargeError(uploadMaxBytes);
    const { most, left } = await this.quota.roomOf(tenantId);
    const bound = (await this.isStored(tenantId, upload)) ? most : left;
    const judge = (openBytes: number): void => {
      if (openBytes + upload.sizeBytes > bound) throw new StorageQuotaError(most);
    };
    await this.files.create(id);
    try {
      await this.uploads.insert({ ...upload, id, tenantId }, actorLabel(actor), {
        mostOpen: MOST_OPEN_UPLOADS,
        judge,
      });
    } catch (error) {
      await this.files.remove(id).catch(() => undefined);
      throw error;
    }
  }

  /** What is said to be there already costs nothing more: who brings it brings damaged bytes back, or asks once more. */
  private async isStored(tenantId: string, { sha256, sizeBytes }: NewUpload): Promise<boolean> {
    return sha256 !== undefined && this.quota.isStored(tenantId, { sha256, sizeBytes });
  }

  /** How it stands, after whatever is under way with it. @throws UnknownUploadError */
  async get(tenantId: string, id: string): Promise<Upload> {
    return this.turns.take(id, () => this.read(tenantId, id));
  }

  /** Adds bytes behind those that are there; how many there are then. @throws UnknownUploadError, UploadOffsetError */
  async append(
    actor: Actor,
    id: string,
    bytes: { readonly offset: number; readonly source: AsyncIterable<Buffer> },
  ): Promise<number> {
    const { tenantId } = actor;
    return this.turns.take(id, async () => {
      const { receivedBytes, sizeBytes } = await this.read(tenantId, id);
      const { offset, source } = bytes;
      if (offset !== receivedBytes) throw new UploadOffsetError(receivedBytes);
      // A release may have taken its file.
      if (offset === sizeBytes) return nothingOf(source, sizeBytes);
      const turn = await this.uploads.takeTurn(tenantId, id, offset);
      if (turn === undefined) throw new UnknownUploadError(id);
      const onDurable = async (durableBytes: number): Promise<void> => {
        const isNoted = await this.uploads.note(tenantId, id, { turn, receivedBytes: durableBytes });
        if (!isNoted) throw new UploadBusyError();
      };
      return this.files.append(id, source, { offset, sizeBytes, onDurable });
    });
  }

  /** Gives it up, with its bytes. @throws UnknownUploadError */
  async discard(tenantId: string, id: string): Promise<void> {
    await this.turns.take(id, async () => {
      await this.read(tenantId, id);
      await this.uploads.delete(tenantId, id);
      await this.files.remove(id);
    });
  }

  /** The bytes of a whole upload. @throws UnknownUploadError, UnfinishedUploadError */
  async open(tenantId: string, id: string): Promise<Readable> {
    const upload = await this.get(tenantId, id);
    if (!isWhole(upload)) throw new UnfinishedUploadError(id, upload.receivedBytes, upload.sizeBytes);
    await this.uploads.touch(tenantId, id);
    return this.files.open(id);
  }

  /** A release has the bytes now. The uploads stay known for a while, for those who ask again since no answer reached them. */
  async spend(tenantId: string, ids: readonly string[], releaseId: string): Promise<void> {
    await this.uploads.spend(tenantId, ids, releaseId);
    for (const id of ids) await this.files.remove(id);
  }

  /** Removes what paused for too long, and bytes of no upload; how many files went. Any number of replicas may do so. */
  async collectIdle(): Promise<number> {
    const idle = await this.uploads.deleteIdle(this.idleMs);
    for (const id of idle) await this.files.remove(id);
    const orphans = await this.uploads.unknownOf(await this.files.listOlderThan(this.idleMs));
    for (const id of orphans) await this.files.remove(id);
    return idle.length + orphans.length;
  }

  private async read(tenantId: string, id: string): Promise<Upload> {
    const upload = ID.test(id) ? await this.uploads.find(tenantId, id) : undefined;
    if (upload === undefined) throw new UnknownUploadError(id);
    if (upload.releaseId !== undefined) return upload;
    const sizeBytes = await this.files.sizeOf(id);
    // Another replica's disk has them, or nobody's: the caller begins anew.
    if (sizeBytes === undefined) throw new UnknownUploadError(id);
    return { ...upload, receivedBytes: Math.min(upload.receivedBytes, sizeBytes) };
  }
}

/** Of a whole upload there is no more. */
async function nothingOf(source: AsyncIterable<Buffer>, sizeBytes: number): Promise<number> {
  for await (const chunk of source) if (chunk.length > 0) throw new BlobTooLargeError(sizeBytes);
  return sizeBytes;
}
