import { EventEmitter } from 'node:events';
import type { Readable } from 'node:stream';
import type { DataStore, Upload as TusUpload } from '@tus/server' with { 'resolution-mode': 'import' };
import type { Upload } from '../../../modules/artifacts/uploads/upload';
import type { UploadsService } from '../../../modules/artifacts/uploads/uploads.service';
import type { Actor } from '../../../platform/actor/actor';
import { newUploadOf } from './upload-metadata';

/** The uploads of one caller's tenant, as the tus library wants to see them; no other tenant's can be reached through it. */
export class TusStore extends EventEmitter implements DataStore {
  readonly extensions = ['creation', 'creation-with-upload', 'termination', 'expiration'];
  private begun: string | undefined;

  constructor(
    private readonly uploads: UploadsService,
    private readonly actor: Actor,
  ) {
    super();
  }

  hasExtension(extension: string): boolean {
    return this.extensions.includes(extension);
  }

  async create(upload: TusUpload): Promise<TusUpload> {
    await this.uploads.begin(this.actor, upload.id, newUploadOf(upload.size, upload.metadata));
    this.begun = upload.id;
    return upload;
  }

  /** What this request began, and then failed: nobody learned where it is. */
  async forgetBegun(): Promise<void> {
    if (this.begun !== undefined) await this.remove(this.begun);
  }

  async remove(id: string): Promise<void> {
    await this.uploads.discard(this.actor.tenantId, id);
  }

  async write(source: Readable, id: string, offset: number): Promise<number> {
    return this.uploads.append(this.actor, id, { offset, source });
  }

  async getUpload(id: string): Promise<TusUpload> {
    return tusUploadOf(await this.uploads.get(this.actor.tenantId, id));
  }

  /** Never asked for, since the extension is not there. */
  declareUploadLength(): Promise<void> {
    return Promise.reject(new Error('an upload has its length from the beginning'));
  }

  /** The collector does that, for all tenants. */
  deleteExpired(): Promise<number> {
    return Promise.resolve(0);
  }

  getExpiration(): number {
    return this.uploads.idleMs;
  }
}

/** The library counts from the creation until an upload expires; here each sign of life counts anew. */
function tusUploadOf({ id, fileName, sizeBytes, receivedBytes, sha256, touchedAt }: Upload): TusUpload {
  return {
    ...{ id, size: sizeBytes, offset: receivedBytes, storage: undefined, sizeIsDeferred: false },
    metadata: { filename: fileName, ...(sha256 === undefined ? {} : { sha256 }) },
    creation_date: touchedAt.toISOString(),
  };
}
