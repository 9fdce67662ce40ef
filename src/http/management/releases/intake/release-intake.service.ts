import { Injectable } from '@nestjs/common';
import type { Request } from 'express';
import type { ReleaseForm } from '../../../../modules/releases/draft/draft';
import { ReceivingService, type ReceivedFile } from '../../../../modules/releases/receiving.service';
import { ReleasesService, type MadeRelease } from '../../../../modules/releases/releases.service';
import type { Actor } from '../../../../platform/actor/actor';
import { Settings } from '../../../../platform/config/settings';
import { FieldError } from '../../../../platform/errors/domain.error';
import { readMultipartForm } from '../../../shared/multipart/multipart-form';
import type { MultipartForm, UploadedFile } from '../../../shared/multipart/multipart-options';
import { checkDeclared, splitDeclared } from './declared-digests';
import { splitSignatures, withSignatures } from './signatures-beside';
import { FIELD_COUNT, MAX_FIELD_BYTES, releaseForm } from './release-fields';

const MAX_FILES = 32;

/** Reads an upload: files stream to the store as they come, and are given up again when anything is wrong. */
@Injectable()
export class ReleaseIntakeService {
  constructor(
    private readonly releases: ReleasesService,
    private readonly receiving: ReceivingService,
    private readonly settings: Settings,
  ) {}

  async take(actor: Actor, request: Request): Promise<MadeRelease> {
    const { fields, files } = await this.read(actor, request);
    const { form, signed } = await checkedForm(fields, files);
    return this.releases.create(actor, form, signed);
  }

  private async read(actor: Actor, request: Request): Promise<MultipartForm<ReceivedFile>> {
    const maxBytes = this.settings.uploadMaxBytes;
    return readMultipartForm<ReceivedFile>(request, {
      limits: {
        fileCount: MAX_FILES,
        fileSizeBytes: maxBytes,
        // A digest and a signature for each file, and room for a few wrong ones, so that the answer can name them.
        fieldCount: FIELD_COUNT + 2 * MAX_FILES + 16,
        fieldSizeBytes: MAX_FIELD_BYTES,
      },
      onFile: (file) => this.receive(actor, file, maxBytes),
      onAbandon: (received) => received.staged.discard(),
    });
  }

  private async receive(actor: Actor, file: UploadedFile, maxBytes: number): Promise<ReceivedFile> {
    if (file.fieldName !== 'file') {
      throw new FieldError(file.fieldName, 'must not be a file: files belong into the field "file"');
    }
    return this.receiving.receive(actor, file, maxBytes);
  }
}

async function checkedForm(
  fields: MultipartForm<ReceivedFile>['fields'],
  files: readonly ReceivedFile[],
): Promise<{ readonly form: ReleaseForm; readonly signed: readonly ReceivedFile[] }> {
  try {
    const { form, declared } = splitDeclared(fields);
    const { form: rest, signatures } = splitSignatures(form);
    checkDeclared(declared, files);
    return { form: releaseForm(rest), signed: withSignatures(signatures, files) };
  } catch (error) {
    await Promise.all(files.map((file) => file.staged.discard()));
    throw error;
  }
}
