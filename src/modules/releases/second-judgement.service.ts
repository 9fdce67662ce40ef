import { Injectable } from '@nestjs/common';
import type { Actor } from '../../platform/actor/actor';
import { Database } from '../../platform/database/database';
import { NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { collected } from '../../platform/storage/exactly';
import { proven } from '../artifacts/sources/checked-bytes';
import { ArtifactsService } from '../artifacts/artifacts.service';
import { TrustService } from '../trust/trust.service';
import { TenantsService } from '../tenants/tenants.service';
import type { ByteSource } from '../../formats/byte-source';
import { FormatError } from '../../formats/format.error';
import type { BundleFacts } from './bundles/bundle-facts';
import { BundleReader } from './bundles/bundle.reader';
import { JudgingService, type JudgeableFile } from './judging.service';
import type { Artifact, Release } from './release/release';
import { BundleError } from './releases.errors';
import { ReleasesRepository } from './releases.repository';
import { ReleasesService } from './releases.service';

/** Judges the signatures of a release anew: what its tenant believes may have changed since its files came. */
@Injectable()
export class SecondJudgementService {
  constructor(
    private readonly database: Database,
    private readonly releases: ReleasesService,
    private readonly repository: ReleasesRepository,
    private readonly artifacts: ArtifactsService,
    private readonly judging: JudgingService,
    private readonly tenants: TenantsService,
    private readonly trust: TrustService,
  ) {}

  /** Reads its files once more, wherever they are; holds for the next poll. @throws NotFoundError, BlobMissingError, BytesDamagedError, BundleError */
  async judge(actor: Actor, id: string): Promise<Release> {
    const { tenantId } = actor;
    const { modules } = await this.releases.get(tenantId, id);
    const artifacts = modules.flatMap((module) => module.artifacts);
    const beside = await this.repository.detachedSignatures(this.database, tenantId, id);
    const files: JudgeableFile[] = [];
    for (const artifact of artifacts)
      files.push({ ...(await this.read(tenantId, artifact)), signature: beside.get(artifact.id) });
    const found = await this.judging.judge(tenantId, files);
    await this.tenants.changePlan(tenantId, async (tx) => {
      if (!(await this.releases.isThere(tx, tenantId, id))) throw new NotFoundError('release', id);
      const judgements = await this.trust.standing(tx, tenantId, found);
      const detail: Record<string, string> = {};
      for (const [index, { id: artifactId, fileName }] of artifacts.entries()) {
        const judgement = judgements[index] ?? { kind: 'unsigned' as const };
        detail[fileName] = judgement.kind;
        await this.repository.setSignature(tx, tenantId, artifactId, judgement);
      }
      await recordEvent(tx, actor, { kind: 'release.judged', subject: `release:${id}`, detail });
    });
    this.releases.forget(tenantId, id);
    return this.releases.get(tenantId, id);
  }

  private async read(tenantId: string, artifact: Artifact): Promise<JudgeableFile> {
    const { fileName, sha256, sizeBytes } = artifact;
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const range = { start: offset, endInclusive: offset + length - 1 };
      return collected((await this.artifacts.open(tenantId, sha256, range)) as AsyncIterable<Buffer>, length);
    };
    const bytes = await this.artifacts.open(tenantId, sha256);
    const whole = proven(bytes as AsyncIterable<Buffer>, sha256, () => Promise.resolve());
    const facts = await factsOf(fileName, whole, { size: sizeBytes, read });
    return { facts, staged: { digest: { sha256, sizeBytes }, read } };
  }
}

/** What was stored before its format was known here, or is damaged since, may not be readable now. */
async function factsOf(
  fileName: string,
  bytes: AsyncIterable<Buffer>,
  source: ByteSource,
): Promise<BundleFacts> {
  const reader = new BundleReader(fileName);
  try {
    for await (const chunk of bytes) reader.write(chunk);
    return await reader.end(source);
  } catch (error) {
    if (error instanceof FormatError) throw new BundleError(fileName, error.message);
    throw error;
  }
}
