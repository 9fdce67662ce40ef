import { Injectable } from '@nestjs/common';
import type { Credentials } from '../../platform/outbound/credentials';
import { OutboundClient, type OutboundAnswer } from '../../platform/outbound/outbound-client';
import { OutboundError } from '../../platform/outbound/outbound.errors';
import { SecretBox } from '../../platform/secrets/secret-box';
import type { BlobDigest, StagedBlob, StagingOptions } from '../../platform/storage/blob-store';
import { DigestingPass } from '../../platform/storage/hashing';
import { interruptible } from '../../platform/storage/interruptible';
import { BlobTooLargeError } from '../../platform/storage/storage.errors';
import { ArtifactsService } from './artifacts.service';
import { RemoteFileError } from './artifacts.errors';
import { LinkedBlob } from './sources/linked-blob';
import { sealAddress } from './sources/sealed-address';
import { totalOf } from './sources/source';
import { canTellChanges, isSameFile, onlyIfSame, validatorsOf, type Validators } from './sources/validators';

/** `copy`: stored here like an upload. `link`: read once, then fetched from there for each device. */
export const KEEPS = ['copy', 'link'] as const;
export type Keep = (typeof KEEPS)[number];

/** A file on another server. */
export interface RemoteFile {
  readonly url: string;
  readonly credentials?: Credentials | undefined;
  /** What it has to be, lower-case hex. */
  readonly sha256?: string | undefined;
  readonly keep: Keep;
}

/** Four gigabytes at five megabits a second. */
const LONGEST_READ_MS = 2 * 3_600_000;

/** Reads files from other servers, each once, as a stream. */
@Injectable()
export class RemoteFilesService {
  constructor(
    private readonly outbound: OutboundClient,
    private readonly artifacts: ArtifactsService,
    private readonly box: SecretBox,
  ) {}

  /**
   * Takes the file in as `keep` says; nothing is visible before {@link ArtifactsService.place}.
   * @throws OutboundError, RemoteFileError, BlobTooLargeError
   */
  async take(tenantId: string, file: RemoteFile, options: StagingOptions): Promise<StagedBlob> {
    const { url, credentials } = file;
    const { maxBytes, signal } = options;
    const request = { url, credentials, maxBytes, signal, totalMs: LONGEST_READ_MS };
    const answer = await this.outbound.get(request).catch((error: unknown) => refused(error, maxBytes));
    try {
      const staged =
        file.keep === 'copy'
          ? await this.artifacts.stage(tenantId, answer.body as AsyncIterable<Buffer>, options)
          : await this.link(tenantId, file, { answer, options });
      if (file.sha256 === undefined || file.sha256 === staged.digest.sha256) return staged;
      await staged.discard();
      throw new RemoteFileError(`has the sha256 ${staged.digest.sha256}, not the one that was given`);
    } catch (error) {
      return refused(error, maxBytes);
    } finally {
      answer.body.destroy();
    }
  }

  private async link(
    tenantId: string,
    file: RemoteFile,
    { answer, options }: { answer: OutboundAnswer; options: StagingOptions },
  ): Promise<LinkedBlob> {
    const validators = validatorsOf(answer.headers);
    if (!canTellChanges(validators))
      throw unlinkable('its server tells neither ETag nor Last-Modified, so changes would go unnoticed');
    const digest = await digestOf(answer.body as AsyncIterable<Buffer>, options);
    const { url, credentials } = file;
    const source = { ...sealAddress(this.box, tenantId, { url, credentials }), validators };
    const part = (offset: number, length: number): Promise<Buffer> =>
      this.readPart(file, { validators, sizeBytes: digest.sizeBytes, offset, length }, options.signal);
    if (digest.sizeBytes === 0) throw unlinkable('it is empty');
    // Devices resume and some read in ranges only: a server that gives none would have to send all of it each time.
    await part(0, 1);
    return new LinkedBlob(digest, source, part);
  }

  private async readPart(
    { url, credentials }: RemoteFile,
    { validators, sizeBytes, offset, length }: PartOfFile,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    try {
      const { headers, body } = await this.outbound.get({
        ...{ url, credentials, signal, maxBytes: length, expects: [206] },
        headers: { Range: `bytes=${offset}-${offset + length - 1}`, ...onlyIfSame(validators) },
      });
      const isSame = isSameFile(validatorsOf(headers), validators);
      if (isSame && totalOf(headers['content-range']) === sizeBytes)
        return await partIn(body as AsyncIterable<Buffer>, length);
      body.destroy();
    } catch (error) {
      if (!(error instanceof OutboundError) || error.status === undefined) throw error;
      throw unlinkable('its server gives no ranges of it');
    }
    throw unlinkable('its server described it otherwise when it was asked again');
  }
}

/** Not more than was asked for, as the client sees to. */
async function partIn(body: AsyncIterable<Buffer>, length: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  const part = Buffer.concat(chunks);
  if (part.length !== length) throw unlinkable('its server gives parts of other lengths than were asked for');
  return part;
}

/** Some bytes of a file that was read before. */
interface PartOfFile {
  readonly validators: Validators;
  readonly sizeBytes: number;
  readonly offset: number;
  readonly length: number;
}

/** Too much is the same refusal as with an upload. */
function refused(error: unknown, maxBytes: number): never {
  throw error instanceof OutboundError && error.fault === 'too_large'
    ? new BlobTooLargeError(maxBytes)
    : error;
}

function unlinkable(why: string): RemoteFileError {
  return new RemoteFileError(`cannot be linked: ${why}. Keep a copy instead`);
}

async function digestOf(bytes: AsyncIterable<Buffer>, options: StagingOptions): Promise<BlobDigest> {
  const pass = new DigestingPass();
  for await (const chunk of interruptible(bytes, options.signal)) {
    options.tap?.(chunk);
    pass.update(chunk);
  }
  return pass.digest();
}
