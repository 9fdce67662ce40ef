import { Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { Response } from 'express';
import { ArtifactsService } from '../../../modules/artifacts/artifacts.service';
import type { Artifact } from '../../../modules/releases/release/release';
import { ReleasesService } from '../../../modules/releases/releases.service';
import type { Actor } from '../../../platform/actor/actor';
import { NotFoundError } from '../../../platform/errors/domain.error';
import { CurrentActor } from '../access/current-actor.decorator';
import { Needs } from '../access/needs.decorator';
import { ManagementController } from '../management-controller';
import { IdParam, NameParam } from '../path-params';
import { Refuses } from '../problems/refuses.decorator';
import { attachment } from './content-disposition';

/** The files of a release, for people. Devices have their own way to them. */
@ManagementController('releases/:id/artifacts', 'releases')
export class ReleaseArtifactsController {
  constructor(
    private readonly releases: ReleasesService,
    private readonly artifacts: ArtifactsService,
  ) {}

  @Get(':fileName')
  @Needs('viewer')
  @ApiOperation({ summary: 'Download a file of a release' })
  @ApiOkResponse({
    content: { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } },
  })
  @Refuses(404)
  async downloadArtifact(
    @CurrentActor() actor: Actor,
    @IdParam('release') id: string,
    @NameParam('fileName', 'artifact') fileName: string,
    @Res() response: Response,
  ): Promise<void> {
    const release = await this.releases.get(actor.tenantId, id);
    const artifact = release.modules
      .flatMap((module) => module.artifacts)
      .find((candidate) => candidate.fileName === fileName);
    if (artifact === undefined) throw new NotFoundError('artifact', fileName);
    const outlet = await this.artifacts.outlet(actor.tenantId, artifact.sha256);
    response.writeHead(200, headersOf(artifact));
    if (response.req.method === 'HEAD') {
      await outlet.close();
      response.end();
      return;
    }
    // Clients stop downloads as they like; that is nobody's fault.
    await outlet.pourInto(response, artifact.sizeBytes).catch(() => response.destroy());
  }
}

function headersOf(artifact: Artifact): Record<string, string | number> {
  return {
    'Content-Type': 'application/octet-stream',
    'Content-Length': artifact.sizeBytes,
    'Content-Disposition': attachment(artifact.fileName),
    ETag: `"${artifact.sha256}"`,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
  };
}
