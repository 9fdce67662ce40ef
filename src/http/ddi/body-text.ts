import {
  PayloadTooLargeException,
  UnsupportedMediaTypeException,
  createParamDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';

/** Largest body seen of a real client: 7 KB. */
const MAX_BYTES = 256 * 1024;

/**
 * The body of a DDI request as text: read here rather than by the framework's parser, since SWUpdate's broken JSON must
 * reach us. Anything but application/json is 415, application/hal+json included (contract 1.1).
 */
export const BodyText = createParamDecorator(
  async (_data: unknown, context: ExecutionContext): Promise<string> => {
    const request = context.switchToHttp().getRequest<Request>();
    const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
    if (type !== 'application/json') throw new UnsupportedMediaTypeException();
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of request as AsyncIterable<Buffer>) {
      length += chunk.length;
      if (length > MAX_BYTES) throw new PayloadTooLargeException();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  },
);
