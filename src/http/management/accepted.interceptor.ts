import { HttpStatus, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Response } from 'express';
import { map, type Observable } from 'rxjs';

/** An answer that what was asked for is kept and not done yet. */
export class Accepted<View> {
  constructor(readonly view: View) {}
}

/** Answers 202 with the view of what was {@link Accepted}, and everything else as it is. */
export class AcceptedInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler<unknown>): Observable<unknown> {
    return next.handle().pipe(
      map((answer) => {
        if (!(answer instanceof Accepted)) return answer;
        context.switchToHttp().getResponse<Response>().status(HttpStatus.ACCEPTED);
        return (answer as Accepted<unknown>).view;
      }),
    );
  }
}
