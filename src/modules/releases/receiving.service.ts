import { Injectable } from '@nestjs/common';
import type { ByteSource } from '../../formats/byte-source';
import { FormatError } from '../../formats/format.error';
import type { Actor } from '../../platform/actor/actor';
import { Database } from '../../platform/database/database';
import type { StagedBlob, StagingOptions } from '../../platform/storage/blob-store';
import { ArtifactsService } from '../artifacts/artifacts.service';
import { RemoteFilesService, type RemoteFile } from '../artifacts/remote-files.service';
import { TenantSettingsService } from '../tenants/tenant-settings.service';
import type { Judgement } from '../trust/judgement';
import type { BundleFacts } from './bundles/bundle-facts';
import { BundleReader } from './bundles/bundle.reader';
import { JudgingService } from './judging.service';
import { BundleError, OpaqueFileError } from './releases.errors';

/** A file that was taken in and understood, but belongs to no release yet. */
export interface ReceivedFile {
  readonly fileName: string;
  readonly staged: StagedBlob;
  readonly facts: BundleFacts;
  /** That came beside it, and is over all of it. */
  readonly signature?: Buffer | undefined;
}

/** The same, and what its signatures are worth. */
export interface JudgedFile extends ReceivedFile {
  readonly judgement: Judgement;
}

/** Takes files in, while a reader of their format looks on. */
@Injectable()
export class ReceivingService {
  constructor(
    private readonly artifacts: ArtifactsService,
    private readonly remote: RemoteFilesService,
    private readonly judging: JudgingService,
    private readonly settings: TenantSettingsService,
    private readonly database: Database,
  ) {}

  /** Streams a file to the store while it is hashed and understood. @throws BundleError naming the fault. */
  async receive(
    actor: Actor,
    file: { fileName: string; stream: AsyncIterable<Buffer> },
    maxBytes: number,
  ): Promise<ReceivedFile> {
    return this.understood(actor, file.fileName, (tap) =>
      this.artifacts.stage(actor.tenantId, file.stream, { maxBytes, tap }),
    );
  }

  /** The same for a file on another server. @throws BundleError, OutboundError, RemoteFileError */
  async receiveFrom(
    actor: Actor,
    file: RemoteFile & { readonly fileName: string },
    options: Pick<StagingOptions, 'maxBytes' | 'signal'>,
  ): Promise<ReceivedFile> {
    return this.understood(actor, file.fileName, (tap) =>
      this.remote.take(actor.tenantId, file, { ...options, tap }),
    );
  }

  /** What the files are worth to the tenant, said in their warnings too. @throws OpaqueFileError */
  async judged(tenantId: string, files: readonly ReceivedFile[]): Promise<JudgedFile[]> {
    const { signatures } = await this.settings.read(this.database, tenantId);
    const opaque = files.find(({ facts }) => facts.format === 'opaque');
    if (opaque !== undefined && signatures.opaque === 'refuse') throw new OpaqueFileError(opaque.fileName);
    const judgements = await this.judging.judge(tenantId, files);
    return files.map((file, index) => {
      const judgement = judgements[index] ?? { kind: 'unsigned' };
      const warnings = [...file.facts.warnings, ...warningsOf(judgement)];
      return { ...file, judgement, facts: { ...file.facts, warnings } };
    });
  }

  /** What cannot be understood is given up again. */
  private async understood(
    { tenantId }: Actor,
    fileName: string,
    takeIn: (tap: (chunk: Buffer) => void) => Promise<StagedBlob>,
  ): Promise<ReceivedFile> {
    const { compatiblePattern } = await this.settings.read(this.database, tenantId);
    const reader = new BundleReader(fileName);
    let staged: StagedBlob | undefined;
    try {
      staged = await takeIn((chunk) => reader.write(chunk));
      return { fileName, staged, facts: await reader.end(sourceOf(staged), compatiblePattern) };
    } catch (error) {
      await staged?.discard();
      if (error instanceof FormatError) throw new BundleError(fileName, error.message);
      throw error;
    }
  }
}

function sourceOf(staged: StagedBlob): ByteSource {
  return { size: staged.digest.sizeBytes, read: (offset, length) => staged.read(offset, length) };
}

/** That a bundle is not signed at all its reader says, where that matters. */
function warningsOf(judgement: Judgement): string[] {
  if (judgement.kind === 'broken')
    return [`Its signature is broken: ${judgement.reason}. It is offered to nobody.`];
  return judgement.kind === 'untrusted'
    ? [`No trust anchor vouches for its signature: ${judgement.reason}.`]
    : [];
}
