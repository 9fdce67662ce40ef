import { Controller, Get, Param, Req, Res, UseFilters, UseGuards } from '@nestjs/common';
import type { Request, Response } from 'express';
import type { Action } from '../../modules/actions/action';
import { ArtifactsService } from '../../modules/artifacts/artifacts.service';
import type { Artifact } from '../../modules/releases/release';
import { DeploymentsService } from '../../modules/updates/deployments.service';
import { artifactHeaders, dispositionName, md5Text } from './artifact-headers';
import { parseByteRange, type RequestedBytes } from './byte-range';
import { DdiErrorFilter } from './ddi-error.filter';
import { CurrentDevice, PatientDeviceGuard, type CallingDevice } from './device.guard';
import { patiently } from './patience';

const MD5_SUFFIX = '.MD5SUM';

/** The file of a path, by its names on the wire. */
interface ArtifactPath {
  readonly moduleId: string;
  readonly fileName: string;
}

/**
 * Downloads (contract E3 and E4, 1.5). While the database is away these wait rather than fail: SWUpdate and RAUC's
 * updater close the action as failed on a 503 here, and do not come back.
 */
@Controller(':tenant/controller/v1/:controllerId/softwaremodules')
@UseGuards(PatientDeviceGuard)
@UseFilters(DdiErrorFilter)
export class ArtifactsController {
  constructor(
    private readonly deployments: DeploymentsService,
    private readonly artifacts: ArtifactsService,
  ) {}

  /** Also answers HEAD, which SWUpdate sends before each download. */
  @Get(':moduleId/artifacts/:fileName')
  async download(
    @CurrentDevice() device: CallingDevice,
    @Param() path: ArtifactPath,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const found = await patiently(() => this.find(device, path));
    if (found.isMd5) {
      sendMd5(response, found.artifact);
      return;
    }
    const { artifact, action } = found;
    const wanted = parseByteRange(request.headers.range, artifact.sizeBytes);
    const bytes = wanted.kind === 'several' ? ({ kind: 'whole' } as const) : wanted;
    if (request.method === 'HEAD' || bytes.kind === 'unsatisfiable') {
      response.writeHead(statusOf(bytes), artifactHeaders(artifact, bytes)).end();
      return;
    }
    if (request.headers.range === undefined) {
      await patiently(() => this.deployments.beginDownload(device, action, artifact.fileName));
    }
    await this.stream(response, device.tenantId, artifact, bytes);
  }

  /** An artifact that is itself named `….MD5SUM` stands above the checksum of another. */
  private async find(
    device: CallingDevice,
    { moduleId, fileName }: ArtifactPath,
  ): Promise<{ action: Action; artifact: Artifact; isMd5: boolean }> {
    try {
      return { ...(await this.deployments.reachableArtifact(device, moduleId, fileName)), isMd5: false };
    } catch (error) {
      if (!fileName.endsWith(MD5_SUFFIX)) throw error;
      const original = fileName.slice(0, -MD5_SUFFIX.length);
      return { ...(await this.deployments.reachableArtifact(device, moduleId, original)), isMd5: true };
    }
  }

  private async stream(
    response: Response,
    tenantId: string,
    artifact: Artifact,
    bytes: RequestedBytes,
  ): Promise<void> {
    const range =
      bytes.kind === 'single' ? { start: bytes.start, endInclusive: bytes.endInclusive } : undefined;
    const outlet = await this.artifacts.outlet(tenantId, artifact.sha256, range);
    response.writeHead(statusOf(bytes), artifactHeaders(artifact, bytes));
    try {
      await outlet.pourInto(response);
    } catch {
      // The device went away, or the store did: it resumes with a Range request.
      response.destroy();
    }
  }
}

function statusOf(bytes: RequestedBytes): number {
  if (bytes.kind === 'unsatisfiable') return 416;
  return bytes.kind === 'single' ? 206 : 200;
}

function sendMd5(response: Response, artifact: Artifact): void {
  const text = md5Text(artifact);
  response.writeHead(200, {
    'Content-Type': 'text/plain',
    'Content-Length': Buffer.byteLength(text),
    'Content-Disposition': `attachment;filename=${dispositionName(artifact.fileName + MD5_SUFFIX)}`,
  });
  response.end(text);
}
