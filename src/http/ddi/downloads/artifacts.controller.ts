import type { Readable } from 'node:stream';
import {
  Controller,
  Get,
  Param,
  PreconditionFailedException,
  Req,
  Res,
  UseFilters,
  UseGuards,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { ArtifactsService } from '../../../modules/artifacts/artifacts.service';
import type { Artifact } from '../../../modules/releases/release/release';
import {
  DeploymentsService,
  type ReachableArtifact,
} from '../../../modules/updates/polls/deployments.service';
import type { BlobOutlet } from '../../../platform/storage/blob-outlet';
import { MD5_SUFFIX, artifactHeaders, md5Headers, md5Text } from './artifact-headers';
import { parseByteRange, type ByteRange, type RequestedBytes } from './byte-range';
import { isExpected, isSameFile } from '../wire/conditions';
import { DdiErrorFilter } from '../wire/ddi-error.filter';
import { artifactBody } from '../bodies/deployment-body';
import { CurrentDevice, PatientDeviceGuard, type CallingDevice } from '../entrance/device.guard';
import { multipartOutlet } from './multipart-bytes';
import { OtherExits } from './other-exits.service';
import { patiently } from '../wire/patience';
import { refuseUnacceptable, sendResource } from '../wire/representation';

/** The file of a path, by its names on the wire. */
interface ArtifactPath {
  readonly moduleId: string;
  readonly fileName: string;
}

/** A file as it goes out: which bytes of it, and who takes them. */
interface Delivery {
  readonly device: CallingDevice;
  readonly found: ReachableArtifact;
  readonly bytes: Exclude<RequestedBytes, { kind: 'unsatisfiable' }>;
}

/**
 * Files and their lists (contract E2, E3 and E4, 1.5). While the database is away these wait rather than fail: SWUpdate and
 * RAUC's updater close the action as failed on a 503 here, and do not come back. What has begun goes on when its action ends.
 */
@Controller(':tenant/controller/v1/:controllerId/softwaremodules')
@UseGuards(PatientDeviceGuard)
@UseFilters(DdiErrorFilter)
export class ArtifactsController {
  constructor(
    private readonly deployments: DeploymentsService,
    private readonly artifacts: ArtifactsService,
    private readonly exits: OtherExits,
  ) {}

  @Get(':moduleId/artifacts')
  async list(
    @CurrentDevice() device: CallingDevice,
    @Param('moduleId') moduleId: string,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    refuseUnacceptable(request);
    const artifacts = await patiently(() => this.deployments.listArtifacts(device, moduleId));
    const body = artifacts.map((artifact) => artifactBody(artifact, moduleId, device.url));
    sendResource(request, response, body);
  }

  /** Also answers HEAD, which SWUpdate sends before each download. */
  @Get(':moduleId/artifacts/:fileName')
  async download(
    @CurrentDevice() device: CallingDevice,
    @Param() path: ArtifactPath,
    @Req() request: Request,
    @Res() response: Response,
  ): Promise<void> {
    const { found, isMd5 } = await patiently(() => this.find(device, path));
    if (isMd5) {
      await this.sendMd5(request, response, device, found);
      return;
    }
    if (!isExpected(request.headers['if-match'], found.artifact)) throw new PreconditionFailedException();
    const bytes = wantedBytes(request, found.artifact);
    if (bytes.kind === 'unsatisfiable') response.writeHead(416, artifactHeaders(found.artifact, bytes)).end();
    else await this.deliver(request, response, { device, found, bytes });
  }

  /** An artifact that is itself named `….MD5SUM` stands above the checksum of another. */
  private async find(
    device: CallingDevice,
    { moduleId, fileName }: ArtifactPath,
  ): Promise<{ found: ReachableArtifact; isMd5: boolean }> {
    try {
      return { found: await this.deployments.reachableArtifact(device, moduleId, fileName), isMd5: false };
    } catch (error) {
      if (!fileName.endsWith(MD5_SUFFIX)) throw error;
      const original = fileName.slice(0, -MD5_SUFFIX.length);
      return { found: await this.deployments.reachableArtifact(device, moduleId, original), isMd5: true };
    }
  }

  private async sendMd5(
    request: Request,
    response: Response,
    device: CallingDevice,
    { action, artifact }: ReachableArtifact,
  ): Promise<void> {
    if (request.method === 'GET' && action !== undefined)
      await patiently(() => this.deployments.noteChecksum(device, action, artifact.fileName));
    response.writeHead(200, md5Headers(artifact)).end(md5Text(artifact));
  }

  private async deliver(request: Request, response: Response, delivery: Delivery): Promise<void> {
    const { device, found, bytes } = delivery;
    const exit = await this.exits.find(request, { device, artifact: found.artifact, bytes });
    if (exit === undefined) return this.stream(request, response, delivery);
    await this.noteDownload(request, delivery);
    response.writeHead(exit.status, exit.headers).end();
  }

  /** Opens before it notes anything: of a file whose bytes are gone no download begins. */
  private async stream(request: Request, response: Response, delivery: Delivery): Promise<void> {
    const { device, found, bytes } = delivery;
    const { artifact } = found;
    const outlet = await this.outletFor(device.tenantId, artifact, bytes).catch((error: unknown) =>
      this.failToServe(delivery, error),
    );
    try {
      await this.noteDownload(request, delivery);
    } catch (error) {
      await outlet.close();
      throw error;
    }
    response.writeHead(bytes.kind === 'whole' ? 200 : 206, artifactHeaders(artifact, bytes));
    if (request.method === 'HEAD') {
      response.end();
      await outlet.close();
      return;
    }
    // The device went away, or the store did: it resumes with a Range request.
    await outlet.pourInto(response, wantedSize(bytes, artifact)).catch(() => response.destroy());
  }

  /**
   * That it begins, wherever the bytes come from: of none that we send ourselves do we know more. A request with ranges
   * notes nothing: RAUC streams a bundle in thousands of them.
   */
  private async noteDownload({ method, headers }: Request, { device, found }: Delivery): Promise<void> {
    const { action, artifact } = found;
    if (method !== 'GET' || headers.range !== undefined || action === undefined) return;
    await patiently(() => this.deployments.beginDownload(device, action, artifact.fileName));
  }

  /** What the device makes of that is not the release's fault. */
  private async failToServe({ device, found }: Delivery, error: unknown): Promise<never> {
    const { action, artifact } = found;
    if (action !== undefined) await this.deployments.noteUnserved(device, action, artifact.fileName);
    throw error;
  }

  private async outletFor(
    tenantId: string,
    artifact: Artifact,
    bytes: Delivery['bytes'],
  ): Promise<BlobOutlet> {
    const { sha256, sizeBytes } = artifact;
    if (bytes.kind === 'whole') return this.artifacts.outlet(tenantId, sha256);
    if (bytes.kind === 'single') {
      const { start, endInclusive } = bytes;
      return this.artifacts.outlet(tenantId, sha256, { start, endInclusive });
    }
    const open = (range?: ByteRange): Promise<Readable> => this.artifacts.open(tenantId, sha256, range);
    const first = await open(bytes.ranges[0]);
    return multipartOutlet(first, bytes.ranges, sizeBytes, open);
  }
}

/** How many bytes of the file go out, whatever stands around them. */
function wantedSize(bytes: Delivery['bytes'], { sizeBytes }: Artifact): number {
  if (bytes.kind === 'whole') return sizeBytes;
  const ranges = bytes.kind === 'single' ? [bytes] : bytes.ranges;
  return ranges.reduce((sum, { start, endInclusive }) => sum + endInclusive - start + 1, 0);
}

/** Ranges hold for GET alone, and as long as the device's part is of this file. */
function wantedBytes({ method, headers }: Request, artifact: Artifact): RequestedBytes {
  if (method !== 'GET' || !isSameFile(headers['if-range'], artifact)) return { kind: 'whole' };
  return parseByteRange(headers.range, artifact.sizeBytes);
}
