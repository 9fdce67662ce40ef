import type { IncomingMessage } from 'node:http';
import {
  BadRequestException,
  PayloadTooLargeException,
  UnsupportedMediaTypeException,
  createParamDecorator,
  type ExecutionContext,
} from '@nestjs/common';
import type { Request } from 'express';
import { readCbor } from './cbor';
import { UnreadableBodyError } from './ddi-error';

/** Largest body seen of a real client: 7 KB. */
const MAX_BYTES = 256 * 1024;

/** Reads a text that is no JSON all the same, or gives it up with undefined. */
export type Mend = (text: string) => unknown;

/**
 * The body of a DDI request as a value, undefined when it is empty: read here rather than by the framework's parser, since
 * SWUpdate's broken JSON must reach `mend`. Rejects with 415 for anything but application/json and application/cbor,
 * application/hal+json included (contract 1.1), with 413 when it is too large, and with 400 when the device goes away in the
 * middle of it. @throws UnreadableBodyError
 */
export async function readBody(request: IncomingMessage, mend?: Mend): Promise<unknown> {
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/json' && type !== 'application/cbor') throw new UnsupportedMediaTypeException();
  const bytes = await readBytes(request);
  if (bytes.length === 0) return undefined;
  return type === 'application/cbor' ? readCbor(bytes) : parseJson(bytes.toString('utf8'), mend);
}

/** @throws UnreadableBodyError when it is no JSON, and `mend` knows no way either */
export function parseJson(text: string, mend?: Mend): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const mended = mend?.(text);
    if (mended === undefined) throw new UnreadableBodyError('The body is not JSON.');
    return mended;
  }
}

/** {@link readBody} as a parameter of a controller. */
export const DdiBody = createParamDecorator(
  async (mend: Mend | undefined, context: ExecutionContext): Promise<unknown> =>
    readBody(context.switchToHttp().getRequest<Request>(), mend),
);

/** The same where a body may be absent altogether, and then its type too. */
export const OptionalDdiBody = createParamDecorator(
  async (_data: unknown, context: ExecutionContext): Promise<unknown> => {
    const request = context.switchToHttp().getRequest<Request>();
    const { 'content-length': length = '0', 'transfer-encoding': encoding } = request.headers;
    return length === '0' && encoding === undefined ? undefined : readBody(request);
  },
);

async function readBytes(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= MAX_BYTES) chunks.push(chunk);
      else reject(new PayloadTooLargeException());
    });
    request.on('end', () => resolve(Buffer.concat(chunks)));
    // The device went away before its body was whole: nothing of it counts, and nobody hears the answer.
    request.on('error', () => reject(new BadRequestException()));
    request.on('close', () => {
      if (!request.complete) reject(new BadRequestException());
    });
  });
}
