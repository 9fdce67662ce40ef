import {
  Injectable,
  UnsupportedMediaTypeException,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';

/** Metadata key of handlers that read the request's body themselves. */
export const READS_BODY = 'rookery:reads-body';

/** A body that no parser took is no JSON: 415 tells that better than "name is missing". */
@Injectable()
export class JsonBodyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    if (Reflect.getMetadata(READS_BODY, context.getHandler()) === true) return true;
    const request = context.switchToHttp().getRequest<Request>();
    if (request.body !== undefined || !hasBody(request)) return true;
    throw new UnsupportedMediaTypeException('Send the body as application/json.');
  }
}

function hasBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}
