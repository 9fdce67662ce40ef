import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { sendDdiError } from './ddi-reply';

/** Tells devices what went wrong in hawkBit's terms. */
@Catch()
export class DdiErrorFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const isReport = ['POST', 'PUT'].includes(http.getRequest<Request>().method);
    sendDdiError(http.getResponse<Response>(), error, isReport);
  }
}
