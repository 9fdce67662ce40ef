import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { ExpressAdapter } from '@nestjs/platform-express';
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
 * Express behind a door: each request is first shown to the fast lanes, in the callback of `createServer`, before the
 * framework spends anything on it.
 */
export class LaneAdapter extends ExpressAdapter {
  private lanes: readonly Lane[] = [];

  /** From now on every request is first shown to `lanes`, in this order. */
  open(lanes: readonly Lane[]): void {
    this.lanes = lanes;
  }

  override initHttpServer(): void {
    const framework = this.getInstance<RequestListener>();
    const server = createServer((request, response) => {
      const target = originForm(request.url ?? '');
      if (target === undefined) {
        response.writeHead(400, { 'Content-Length': 0 }).end();
        return;
      }
      request.url = target;
      if (!this.lanes.some((lane) => lane(request, response))) framework(request, response);
    });
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    server.headersTimeout = HEADERS_MS;
    server.requestTimeout = REQUEST_MS;
    server.on('clientError', refuseBrokenRequest);
    this.httpServer = server;
  }

  /** Accepts nothing more, lets what is under way end, and resolves after {@link DRAIN_MS} at the latest. */
  override async close(): Promise<void> {
    const server = this.httpServer as Server;
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS);
    const cut = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
    await closed;
    clearInterval(idle);
    clearTimeout(cut);
  }
}
