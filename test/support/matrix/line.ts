import type { TestRookery } from '../rookery-app';
import { TlsClient } from '../tls-client';
import { pathOf, type Ids, type Route } from './routes';
import type { Subject } from './subject';

/** What the matrix looks at in an answer. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly contentLength: string | undefined;
}

/** How a subject reaches its server: who comes over TLS keeps one connection, on which its certificate is shown. */
export class Line {
  private readonly tls: TlsClient | undefined;

  constructor(
    private readonly subject: Subject,
    private readonly server: TestRookery,
  ) {
    const { certificates } = subject;
    if (certificates === undefined) return;
    const { tlsUrl } = server;
    this.tls = certificates.length === 0 ? new TlsClient(tlsUrl) : TlsClient.showing(tlsUrl, ...certificates);
  }

  async ask(route: Route, ids: Ids): Promise<Answer> {
    const { tenant, controllerId } = this.subject;
    const path = `/${tenant}/controller/v1/${controllerId}${pathOf(route, ids)}`;
    const { method, body } = route;
    const headers = { ...route.headers, ...this.subject.headers };
    const asked = { method, headers, ...(body === undefined ? {} : { body }) };
    if (this.tls !== undefined) {
      const answer = await this.tls.send(path, asked);
      return { ...answer, contentLength: answer.headers['content-length']?.toString() };
    }
    const answer = await fetch(`${this.server.url}${path}`, { ...asked, redirect: 'manual' });
    const contentLength = answer.headers.get('content-length') ?? undefined;
    return { status: answer.status, body: await answer.text(), contentLength };
  }

  close(): void {
    this.tls?.close();
  }
}
