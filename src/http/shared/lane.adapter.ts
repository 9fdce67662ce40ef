import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { Server as TlsServer } from 'node:https';
import { ExpressAdapter } from '@nestjs/platform-express';
import type { TlsDoor } from './tls-door';
import { refuseBrokenRequest } from './broken-request';
import { originForm } from './request-target';

/** Devices poll every few minutes over one socket; Node's default of 5 s would close it each time. */
const KEEP_ALIVE_MS = 330_000;
const HEADERS_MS = 60_000;
/** An upload of gigabytes on a bad link takes hours. */
const REQUEST_MS = 6 * 3_600_000;

/** Requests that are under way when the server closes have so long to end; then their connections are cut. */
const DRAIN_MS = 2000;
/** A connection whose answer ended after the closing began would else stay open until its keep-alive runs out. */
const IDLE_CHECK_MS = 50;

/** Answers a request itself (true), or leaves it to the framework. */
export type Lane = (request: IncomingMessage, response: ServerResponse) => boolean;

/**
 * Express behind one door or two: each request is first shown to the fast lanes, in the callback of `createServer`, before
 * the framework spends anything on it. Nest knows of the plain door, or of the one with TLS when there is no other.
 */
export class LaneAdapter extends ExpressAdapter {
  private lanes: readonly Lane[] = [];

  /** `isPlain`: whether there is a door without TLS beside the one with it. */
  constructor(
    private readonly tls?: TlsDoor,
    private readonly isPlain = true,
  ) {
    super();
  }

  /** From now on every request is first shown to `lanes`, in this order. */
  open(lanes: readonly Lane[]): void {
    this.lanes = lanes;
  }

  override initHttpServer(): void {
    const framework = this.getInstance<RequestListener>();
    const onRequest: RequestListener = (request, response) => {
      const target = originForm(request.url ?? '');
      if (target === undefined) {
        response.writeHead(400, { 'Content-Length': 0 }).end();
        return;
      }
      request.url = target;
      if (!this.lanes.some((lane) => lane(request, response))) framework(request, response);
    };
    this.httpServer = this.isPlain || this.tls === undefined ? createServer() : this.tls.server;
    for (const server of this.servers) {
      server.on('request', onRequest);
      server.on('clientError', refuseBrokenRequest);
      server.keepAliveTimeout = KEEP_ALIVE_MS;
      server.headersTimeout = HEADERS_MS;
      server.requestTimeout = REQUEST_MS;
    }
  }

  /** Accepts nothing more, lets what is under way end, and resolves after {@link DRAIN_MS} at the latest. */
  override async close(): Promise<void> {
    this.tls?.rest();
    const servers = this.servers.filter((server) => server.listening);
    const closed = servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    const idle = setInterval(() => servers.forEach((server) => server.closeIdleConnections()), IDLE_CHECK_MS);
    const cut = setTimeout(() => {
      for (const server of servers) server.closeAllConnections();
      this.tls?.cut();
    }, DRAIN_MS);
    await Promise.all(closed);
    clearInterval(idle);
    clearTimeout(cut);
  }

  private get servers(): (Server | TlsServer)[] {
    const beside = this.isPlain && this.tls !== undefined ? [this.tls.server] : [];
    return [this.httpServer, ...beside];
  }
}
