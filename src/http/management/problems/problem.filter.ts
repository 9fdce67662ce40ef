import { randomUUID } from 'node:crypto';
import { Catch, Logger, NotFoundException, type ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter, HttpAdapterHost } from '@nestjs/core';
import type { Request, Response } from 'express';
import type { Shown } from '../../shared/shown-field';
import { discardRest } from '../../shared/multipart/discard-rest';
import { allowedMethods } from './allowed-methods';
import { problemOf, type Problem, type Refusal } from './problem';
import { refusalOf } from './refusal';

/** A tenant may be called "api": its devices' URLs go on with `controller`. */
const MANAGEMENT_PATH = /^\/api(?:\/(?!controller\/)|$)/i;

/**
 * Turns whatever was thrown on the management edge into problem+json. Global, because what Express' body parser and
 * the router throw belongs to no controller; other paths get Nest's own answer unless their edge has a filter.
 */
@Catch()
export class ProblemFilter extends BaseExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  constructor(private readonly host: HttpAdapterHost) {
    super(host.httpAdapter);
  }

  override catch(error: unknown, context: ArgumentsHost): void {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    const path = request.originalUrl.split('?', 1)[0] ?? '';
    if (!MANAGEMENT_PATH.test(path)) {
      super.catch(error, context);
      return;
    }
    const refusal = error instanceof NotFoundException ? this.unrouted(request, path) : refusalOf(error);
    if (response.headersSent) {
      if (refusal === undefined) this.report(request, path, error);
      response.destroy();
      return;
    }
    const instance = refusal === undefined ? this.report(request, path, error) : path;
    const known = refusal ?? { status: 500, code: 'internal_error' };
    send(response, problemOf(known, instance), known.headers ?? {});
    discardRest(request);
  }

  /** Only the router throws Nest's own "not found": either the path is unknown, or its method. */
  private unrouted(request: Request, path: string): Refusal {
    const allowed = allowedMethods(this.host.httpAdapter.getInstance<unknown>(), path);
    if (allowed.length === 0) {
      const detail = `There is nothing at ${path}. /openapi.json tells what there is.`;
      return { status: 404, code: 'not_found', detail };
    }
    const detail = `${request.method} is not possible at ${path}: it takes ${allowed.join(', ')}.`;
    return { status: 405, code: 'method_not_allowed', detail, headers: { Allow: allowed.join(', ') } };
  }

  /** Logs a fault of ours and gives the id under which it is found. */
  private report(request: Request, path: string, error: unknown): string {
    const { id } = request as { id?: unknown };
    const requestId = typeof id === 'string' || typeof id === 'number' ? String(id) : randomUUID();
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.logger.error(`Request ${requestId}, ${request.method} ${path}, failed: ${what}`);
    return `urn:rookery:request:${requestId}`;
  }
}

function send(response: Response, problem: Shown<Problem>, headers: Readonly<Record<string, string>>): void {
  const body = Buffer.from(JSON.stringify(problem));
  response.writeHead(problem.status, {
    ...headers,
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
  });
  response.end(body);
}
