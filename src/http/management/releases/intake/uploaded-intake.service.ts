import { Injectable } from '@nestjs/common';
import { SpentUploadError } from '../../../../modules/artifacts/uploads/uploads.errors';
import type { Upload } from '../../../../modules/artifacts/uploads/upload';
import { UploadsService } from '../../../../modules/artifacts/uploads/uploads.service';
import { DigestMismatchError } from '../../../../modules/releases/releases.errors';
import { ReceivingService, type ReceivedFile } from '../../../../modules/releases/receiving.service';
import { ReleasesService, type MadeRelease } from '../../../../modules/releases/releases.service';
import type { Actor } from '../../../../platform/actor/actor';
import { Settings } from '../../../../platform/config/settings';
import { FieldError } from '../../../../platform/errors/domain.error';
import { formOf } from './release-details-body';
import type { UploadedReleaseBody } from './uploaded-release-body';

/** Makes releases of whole uploads. Each step may be repeated after a crash: the uploads stay until the release is there. */
@Injectable()
export class UploadedIntakeService {
  constructor(
    private readonly releases: ReleasesService,
    private readonly receiving: ReceivingService,
    private readonly uploads: UploadsService,
    private readonly settings: Settings,
  ) {}

  async take(actor: Actor, body: UploadedReleaseBody): Promise<MadeRelease> {
    const { tenantId } = actor;
    const signatureOf = signaturesIn(body);
    const ids = [...new Set(body.uploads)];
    const uploads: Upload[] = [];
    for (const id of ids) uploads.push(await this.uploads.get(tenantId, id));
    const earlier = await this.findEarlier(tenantId, uploads, body);
    if (earlier !== undefined) return { release: earlier, isNew: false };
    const files = await this.receiveAll(actor, uploads);
    const made = await this.releases.create(
      actor,
      formOf(body),
      files.map((file, index) => ({ ...file, signature: signatureOf.get(ids[index] ?? '') })),
    );
    await this.uploads.spend(tenantId, ids, made.release.id);
    return made;
  }

  /** The release that these very uploads became, when the answer to that was lost. @throws SpentUploadError */
  private async findEarlier(
    tenantId: string,
    uploads: readonly Upload[],
    body: UploadedReleaseBody,
  ): Promise<MadeRelease['release'] | undefined> {
    const spent = uploads.find((upload) => upload.releaseId !== undefined);
    if (spent?.releaseId === undefined) return undefined;
    const { id, releaseId } = spent;
    const release = await this.releases.find(tenantId, releaseId);
    const isWhole = uploads.every((upload) => upload.releaseId === releaseId);
    if (release === undefined || !isWhole || !isCalled(release, body))
      throw new SpentUploadError(id, releaseId);
    return release;
  }

  private async receiveAll(actor: Actor, uploads: readonly Upload[]): Promise<ReceivedFile[]> {
    const received: ReceivedFile[] = [];
    try {
      for (const upload of uploads) received.push(await this.receive(actor, upload));
      return received;
    } catch (error) {
      await Promise.all(received.map((file) => file.staged.discard()));
      throw error;
    }
  }

  private async receive(actor: Actor, { id, fileName, sha256 }: Upload): Promise<ReceivedFile> {
    const stream = await this.uploads.open(actor.tenantId, id);
    const file = await this.receiving.receive(actor, { fileName, stream }, this.settings.uploadMaxBytes);
    const received = file.staged.digest.sha256;
    if (sha256 === undefined || sha256 === received) return file;
    await file.staged.discard();
    // Whole, and yet not what it has to be: nothing that could still be sent would mend it.
    await this.uploads.discard(actor.tenantId, id);
    throw new DigestMismatchError({ field: 'uploads', fileName, declared: sha256, received });
  }
}

/** What the request leaves open fits whatever the release is called. */
function isCalled(release: MadeRelease['release'], { name, version }: UploadedReleaseBody): boolean {
  return (name ?? release.name) === release.name && (version ?? release.version) === release.version;
}

/** By the ids of the uploads that have one. @throws FieldError */
function signaturesIn({ uploads, signatures = [] }: UploadedReleaseBody): ReadonlyMap<string, Buffer> {
  if (signatures.length > uploads.length) throw new FieldError('signatures', 'has more items than uploads');
  const given = signatures.map((text, index): [string, string] => [uploads[index] ?? '', text]);
  return new Map(given.filter(([, text]) => text !== '').map(([id, text]) => [id, Buffer.from(text)]));
}
