import type { IncomingMessage } from 'node:http';
import {
  BadRequestException,
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
 * reach us. Rejects with 415 for anything but application/json, application/hal+json included (contract 1.1), with 413 when
 * it is too large, and with 400 when the device goes away in the middle of it.
 */
export async function readText(request: IncomingMessage): Promise<string> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json') throw new UnsupportedMediaTypeException();
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BYTES) chunks.push(chunk);
      else reject(new PayloadTooLargeException());
    });
    request.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    // The device went away before its body was whole: nothing of it counts, and nobody hears the answer.
    request.on('error', () => reject(new BadRequestException()));
    request.on('close', () => reject(new BadRequestException()));
  });
}

/** {@link readText} as a parameter of a controller. */
export const BodyText = createParamDecorator(
  async (_data: unknown, context: ExecutionContext): Promise<string> =>
    readText(context.switchToHttp().getRequest<Request>()),
);
