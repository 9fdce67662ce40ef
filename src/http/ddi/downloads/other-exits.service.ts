import type { OutgoingHttpHeaders } from 'node:http';
import { Injectable, Logger } from '@nestjs/common';
import type { Request } from 'express';
import { ArtifactsService } from '../../../modules/artifacts/artifacts.service';
import { profileOf } from '../../../modules/devices/device/client-profile';
import type { Artifact } from '../../../modules/releases/release/release';
import { Settings } from '../../../platform/config/settings';
import { RequestOrigin } from '../../shared/request-origin';
import { artifactHeaders } from './artifact-headers';
import type { RequestedBytes } from './byte-range';
import type { CallingDevice } from '../entrance/device.guard';
import { faultOfLink, type LinkFault } from './link-judge';

/** An answer without a body that has somebody else send the bytes. */
export interface OtherExit {
  readonly status: 200 | 302;
  readonly headers: OutgoingHttpHeaders;
}

/** What a device asks for; conditions and ranges were judged. */
export interface Wanted {
  readonly device: CallingDevice;
  readonly artifact: Artifact;
  readonly bytes: RequestedBytes;
}

/** They name tags and dates of ours; whoever sends the bytes instead has others, and would answer 412, 304 or too much. */
const CONDITIONS = [
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
] as const;

const MEANING: Readonly<Record<LinkFault, string>> = {
  'own-origin': 'the store has the same address as this server, and the tokens of devices would go there',
  unencrypted: 'devices speak TLS here and would not there',
  unreadable: 'it cannot be told where they would go',
};

/** Ways for the bytes of an artifact that do not lead through this process, as the tenant wishes it. */
@Injectable()
export class OtherExits {
  private readonly logger = new Logger(OtherExits.name);
  private readonly told = new Set<string>();

  constructor(
    private readonly artifacts: ArtifactsService,
    private readonly origin: RequestOrigin,
    private readonly settings: Settings,
  ) {}

  /** Undefined: streamed. HEAD and conditional requests are answered here, where the headers are known. */
  async find(request: Request, wanted: Wanted): Promise<OtherExit | undefined> {
    const { delivery } = wanted.device.settings;
    if (delivery === 'stream' || request.method !== 'GET') return undefined;
    if (CONDITIONS.some((name) => request.headers[name] !== undefined)) return undefined;
    const { device, artifact } = wanted;
    const exit = delivery === 'redirect' ? await this.redirect(request, wanted) : this.accel(request, wanted);
    if (exit === undefined) return undefined;
    // A store that is away is waited for longer by whoever streams, and better told of.
    const isStored = await this.artifacts.isStored(device.tenantId, artifact.sha256).catch(() => false);
    return isStored ? exit : undefined;
  }

  /** S3 sends one range at a time, and to several it answers with the whole file. */
  private async redirect(
    request: Request,
    { device, artifact, bytes }: Wanted,
  ): Promise<OtherExit | undefined> {
    const { followsRedirects } = profileOf(device.client);
    if (followsRedirects === 'never' || bytes.kind === 'several') return undefined;
    if (followsRedirects === 'for-whole-files' && bytes.kind !== 'whole') return undefined;
    const location = await this.artifacts.presign(device.tenantId, artifact.sha256, {
      expirySeconds: Math.floor(this.settings.linkExpiryMs / 1000),
      fileName: artifact.fileName,
    });
    if (location === undefined) return this.streamed('the store gives no addresses away');
    const fault = faultOfLink(location, this.origin.baseUrls(request));
    if (fault !== undefined) return this.streamed(MEANING[fault]);
    return { status: 302, headers: { Location: location, 'Cache-Control': 'no-store', 'Content-Length': 0 } };
  }

  /** Only a proxy of ours takes the header away and sends the file; anybody else would be left with an empty one. */
  private accel(request: Request, { device, artifact }: Wanted): OtherExit | undefined {
    const path = this.artifacts.internalPath(device.tenantId, artifact.sha256);
    if (path === undefined) return this.streamed('the store has no files');
    if (!this.origin.isFromProxy(request)) return undefined;
    // Lengths and ranges are the web server's to tell.
    const {
      'Content-Length': _length,
      'Accept-Ranges': _ranges,
      ...headers
    } = artifactHeaders(artifact, {
      kind: 'whole',
    });
    return {
      status: 200,
      headers: { ...headers, 'X-Accel-Redirect': `${this.settings.accelPrefix}${path}` },
    };
  }

  /** Once each: a whole fleet asks. */
  private streamed(why: string): OtherExit | undefined {
    if (!this.told.has(why))
      this.logger.warn(`Artifacts are streamed although a tenant wishes otherwise: ${why}.`);
    this.told.add(why);
    return undefined;
  }
}
