import { Injectable } from '@nestjs/common';
import type { RemoteFile } from '../../../../modules/artifacts/remote-files.service';
import { ReceivingService, type ReceivedFile } from '../../../../modules/releases/receiving.service';
import { ReleasesService, type MadeRelease } from '../../../../modules/releases/releases.service';
import type { Actor } from '../../../../platform/actor/actor';
import { Settings } from '../../../../platform/config/settings';
import { DomainError, FieldError } from '../../../../platform/errors/domain.error';
import { faultOfText } from '../../../shared/text-rule';
import { FILE_NAME } from './file-fields';
import { formOf } from './release-details-body';
import type { RemoteCredentialsBody, RemoteFileBody, RemoteReleaseBody } from './remote-release-body';

type NamedFile = RemoteFile & { readonly fileName: string; readonly signature: string | undefined };

/** Has the files of a release read from where they are, one after the other; when one fails all are given up. */
@Injectable()
export class RemoteIntakeService {
  constructor(
    private readonly releases: ReleasesService,
    private readonly receiving: ReceivingService,
    private readonly settings: Settings,
  ) {}

  async take(actor: Actor, body: RemoteReleaseBody, signal: AbortSignal): Promise<MadeRelease> {
    const files = body.files.map(namedFile);
    const received: ReceivedFile[] = [];
    try {
      for (const [index, file] of files.entries())
        received.push(await this.receive(actor, file, { at: `files[${index}]`, signal }));
    } catch (error) {
      await Promise.all(received.map((file) => file.staged.discard()));
      throw error;
    }
    return this.releases.create(actor, formOf(body), received);
  }

  private async receive(
    actor: Actor,
    file: NamedFile,
    { at, signal }: { at: string; signal: AbortSignal },
  ): Promise<ReceivedFile> {
    try {
      const maxBytes = this.settings.uploadMaxBytes;
      const received = await this.receiving.receiveFrom(actor, file, { maxBytes, signal });
      return {
        ...received,
        signature: file.signature === undefined ? undefined : Buffer.from(file.signature),
      };
    } catch (error) {
      const why = error instanceof DomainError ? error.fields?.['url'] : undefined;
      if (!(error instanceof DomainError) || why === undefined) throw error;
      throw new DomainError(error.kind, error.code, `${file.fileName}: ${error.message}`, {
        [`${at}.url`]: why,
      });
    }
  }
}

function namedFile(body: RemoteFileBody, index: number): NamedFile {
  const { url, fileName, sha256, signature, keep = 'copy' } = body;
  const at = `files[${index}]`;
  return {
    ...{ url, keep, signature },
    fileName: fileName ?? nameIn(url, at),
    sha256: sha256?.toLowerCase(),
    credentials: credentialsOf(body.credentials, at),
  };
}

function nameIn(url: string, at: string): string {
  const path = URL.canParse(url) ? new URL(url).pathname : '';
  const name = decoded(path.slice(path.lastIndexOf('/') + 1));
  if (faultOfText(name, { most: 255, shape: FILE_NAME }) !== undefined)
    throw new FieldError(
      `${at}.fileName`,
      'is missing: the address does not end in a file name',
      'unprocessable',
    );
  return name;
}

function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return '';
  }
}

function credentialsOf(body: RemoteCredentialsBody | undefined, at: string): RemoteFile['credentials'] {
  if (body === undefined) return undefined;
  const { username, password, bearer } = body;
  if (bearer !== undefined && username === undefined && password === undefined) return { bearer };
  if (bearer === undefined && username !== undefined && password !== undefined) return { username, password };
  throw new FieldError(`${at}.credentials`, 'needs username and password, or bearer alone');
}
