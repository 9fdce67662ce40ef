import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Request, Response } from 'express';
import { tap, type Observable } from 'rxjs';

/** Gives every answer that has a revision its ETag, and keeps answers out of caches. */
@Injectable()
export class RevisionInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    const request = context.switchToHttp().getRequest<Request>();
    const response = context.switchToHttp().getResponse<Response>();
    // The revision says what If-Match needs to know, but counters and last-seen move without it: no 304 on its account.
    delete request.headers['if-none-match'];
    response.setHeader('Cache-Control', 'no-store');
    return next.handle().pipe(tap((answer) => setETag(response, answer)));
  }
}

function setETag(response: Response, answer: unknown): void {
  if (response.headersSent || typeof answer !== 'object' || answer === null || !('revision' in answer))
    return;
  response.setHeader('ETag', `"${String(answer.revision)}"`);
}
