import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { OutboundClient, type OutboundAnswer } from '../../../platform/outbound/outbound-client';
import { OutboundError } from '../../../platform/outbound/outbound.errors';
import { SecretBox } from '../../../platform/secrets/secret-box';
import type { BlobRange } from '../../../platform/storage/blob-store';
import { exactly } from '../../../platform/storage/exactly';
import { BlobMissingError } from '../../../platform/storage/storage.errors';
import { OriginAwayError } from '../artifacts.errors';
import { proven } from './checked-bytes';
import { openAddress } from './sealed-address';
import { SourceFaultsService } from './source-faults.service';
import { faultOfAnswer, totalOf, type BlobSource } from './source';
import { SourcesRepository } from './sources.repository';
import { isSameFile, onlyIfSame, validatorsOf } from './validators';

/** Clients close the action on an error here, so a server that restarts is waited for. */
const PATIENCE_MS = 20_000;
const RETRY_MS = 1000;

/** The bytes of linked blobs, from where they are. What is not certain to be the right file gives none. */
@Injectable()
export class LinkedBytesService {
  patienceMs = PATIENCE_MS;

  constructor(
    private readonly sources: SourcesRepository,
    private readonly faults: SourceFaultsService,
    private readonly outbound: OutboundClient,
    private readonly box: SecretBox,
  ) {}

  /**
   * The bytes, or a part of them; undefined when the blob is not linked. The stream breaks off rather than end when the file
   * turns out to be another one. @throws BlobMissingError when that shows at once, OriginAwayError
   */
  async open(tenantId: string, sha256: string, range?: BlobRange): Promise<Readable | undefined> {
    const source = await this.sources.find(tenantId, sha256);
    if (source === undefined) return undefined;
    // Its server calls other bytes by the same name: nothing that it says can be believed.
    if (source.fault === 'damaged') throw new BlobMissingError(sha256);
    const part = partOf(source, range);
    if (part !== undefined && part.start > part.endInclusive) return Readable.from([]);
    const answer = await this.ask(source, part);
    const isRight = isAsExpected(source, answer, part);
    if (!isRight) {
      answer.body.destroy();
      return this.refuse(source, 'changed');
    }
    return this.checked(source, answer.body, part);
  }

  private async ask(source: BlobSource, part: BlobRange | undefined): Promise<OutboundAnswer> {
    const { url, credentials } = openAddress(this.box, source.tenantId, source);
    const range = part === undefined ? {} : { Range: `bytes=${part.start}-${part.endInclusive}` };
    const headers = { ...range, ...onlyIfSame(source.validators) };
    const expects = [part === undefined ? 200 : 206];
    const startedMs = performance.now();
    for (;;) {
      try {
        return await this.outbound.get({ url, credentials, headers, expects, maxBytes: source.sizeBytes });
      } catch (error) {
        const fault = faultOfAnswer(error);
        if (fault !== undefined) return this.refuse(source, fault);
        if (!(error instanceof OutboundError)) throw error;
        if (performance.now() - startedMs > this.patienceMs) throw new OriginAwayError(source.sha256);
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
  }

  private async refuse(source: BlobSource, fault: 'missing' | 'changed' | 'damaged'): Promise<never> {
    await this.faults.noteIfPossible(source, fault);
    throw new BlobMissingError(source.sha256);
  }

  private checked(source: BlobSource, body: Readable, part: BlobRange | undefined): Readable {
    const wanted = part === undefined ? source.sizeBytes : part.endInclusive - part.start + 1;
    const bytes = exactly(body as AsyncIterable<Buffer>, wanted);
    const onWrong = (): Promise<void> => this.faults.noteIfPossible(source, 'damaged');
    const checked = part === undefined ? proven(bytes, source.sha256, onWrong) : bytes;
    const stream = Readable.from(checked, { objectMode: false });
    stream.once('close', () => body.destroy());
    return stream;
  }
}

/** A range that ends beyond the file gives what there is. */
function partOf({ sizeBytes }: BlobSource, range: BlobRange | undefined): BlobRange | undefined {
  if (range === undefined) return undefined;
  return { start: range.start, endInclusive: Math.min(range.endInclusive, sizeBytes - 1) };
}

function isAsExpected(source: BlobSource, { headers }: OutboundAnswer, part: BlobRange | undefined): boolean {
  if (!isSameFile(validatorsOf(headers), source.validators)) return false;
  if (part !== undefined) {
    const { start, endInclusive } = part;
    const isPart = headers['content-range']?.startsWith(`bytes ${start}-${endInclusive}/`) === true;
    return isPart && totalOf(headers['content-range']) === source.sizeBytes;
  }
  const length = headers['content-length'];
  return length === undefined || Number(length) === source.sizeBytes;
}
