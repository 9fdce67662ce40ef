import type { IncomingMessage, ServerResponse } from 'node:http';
import { PassThrough, Readable } from 'node:stream';
import { HttpException, Injectable } from '@nestjs/common';
import { UploadsService } from '../../../modules/artifacts/uploads/uploads.service';
import type { Actor } from '../../../platform/actor/actor';
import { Settings } from '../../../platform/config/settings';
import { API_ROOT } from '../management-controller';
import { TusStore } from './tus-store';
import { UploadLocks } from './upload-locks';

/** How long a request goes on after another one of the same upload came. */
const GIVE_WAY_MS = 1_000;

/** tus 1.0.0 (https://tus.io/protocols/resumable-upload) by its own library; who may, is judged before. */
@Injectable()
export class TusService {
  private readonly locks = new UploadLocks();

  constructor(
    private readonly uploads: UploadsService,
    private readonly settings: Settings,
  ) {}

  /** Answers one request of the protocol. Refusals are thrown, so that they look as everywhere in this API. */
  async serve(actor: Actor, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = bodyOf(request);
    const store = new TusStore(this.uploads, actor);
    try {
      const { answer, failure } = await this.answerTo(store, request, body);
      for (const [name, value] of answer.headers)
        if (!/^(content-|access-control-)/.test(name)) response.setHeader(name, value);
      if (answer.status >= 400) {
        // What cannot be removed now is idle from now on.
        await store.forgetBegun().catch(() => undefined);
        throw failure ?? new HttpException((await answer.text()).trim(), refusalOf(answer.status));
      }
      response.writeHead(answer.status).end();
    } finally {
      if (body !== undefined) request.unpipe(body);
      body?.destroy();
    }
  }

  /** A server of its own for each request: what it can reach is the caller's. */
  private async answerTo(
    store: TusStore,
    request: IncomingMessage,
    body: Readable | undefined,
  ): Promise<{ answer: Response; failure: Error | undefined }> {
    // An ES module, which this CommonJS cannot import otherwise.
    const { Server } = await import('@tus/server');
    let failure: Error | undefined;
    const server = new Server({
      path: `${API_ROOT}/uploads`,
      datastore: store,
      locker: this.locks,
      lockDrainTimeout: GIVE_WAY_MS,
      maxSize: this.settings.uploadMaxBytes,
      relativeLocation: true,
      namingFunction: () => this.uploads.newId(),
      onResponseError: (_request, error) => {
        if (error instanceof Error) failure = error;
        return undefined;
      },
    });
    return { answer: await server.handleWeb(webRequestOf(request, body)), failure };
  }
}

/** What the library calls not implemented is an extension that OPTIONS does not name; asking again is no use. */
function refusalOf(status: number): number {
  return status === 501 ? 400 : status;
}

/** A stream of its own, which the library may end without ending the connection; it fails when the caller is gone. */
function bodyOf(request: IncomingMessage): PassThrough | undefined {
  if (request.method !== 'POST' && request.method !== 'PATCH') return undefined;
  const body = new PassThrough();
  body.on('error', () => undefined);
  request.once('close', () => {
    if (!request.readableEnded) body.destroy(new Error('the caller went away'));
  });
  return request.pipe(body);
}

/** Of the headers only those of the protocol: it has no business with the others, nor they with it. */
const OF_THE_PROTOCOL = /^(upload-|tus-|content-type$|content-length$)/;

function webRequestOf(request: IncomingMessage, body: Readable | undefined): Request {
  const { method = 'GET', url = '/' } = request;
  const headers = Object.entries(request.headers)
    .filter(([name]) => OF_THE_PROTOCOL.test(name))
    .map(([name, value]): [string, string] => [name, String(value)]);
  return new Request(`http://localhost${url.split('?', 1)[0] ?? '/'}`, {
    ...{ method, headers },
    ...(body === undefined ? {} : { body: Readable.toWeb(body), duplex: 'half' }),
  });
}
