import { PassThrough } from 'node:stream';
import type { IncomingMessage } from 'node:http';
import { BadRequestException, PayloadTooLargeException, UnsupportedMediaTypeException } from '@nestjs/common';
import { cborOf } from './cbor';
import { UnreadableBodyError } from './ddi-error';
import { readBody } from './request-body';

/** A request as far as the body is concerned. */
function aRequest(type: string | undefined, body: Buffer | string): IncomingMessage {
  const stream = Object.assign(new PassThrough(), { headers: { 'content-type': type } });
  stream.end(body);
  return stream as unknown as IncomingMessage;
}

describe('readBody', () => {
  it.each(['application/json', 'application/json;charset=UTF-8', 'Application/JSON ; charset=utf-8'])(
    'reads %s',
    async (type) => {
      expect(await readBody(aRequest(type, '{"a":"ä"}'))).toEqual({ a: 'ä' });
    },
  );

  it('reads application/cbor', async () => {
    expect(await readBody(aRequest('application/cbor', cborOf({ a: 'ä' })))).toEqual({ a: 'ä' });
  });

  it.each([undefined, '', 'application/hal+json', 'text/plain', 'application/atom+xml', 'application/jsonp'])(
    'refuses the type %j',
    async (type) => {
      await expect(readBody(aRequest(type, '{}'))).rejects.toThrow(UnsupportedMediaTypeException);
    },
  );

  it.each(['application/json', 'application/cbor'])('takes an empty %s for no value', async (type) => {
    expect(await readBody(aRequest(type, ''))).toBeUndefined();
  });

  it('lets broken JSON be mended, and broken CBOR not', async () => {
    const mend = (text: string): unknown => (text === '{"a":' ? { mended: true } : undefined);
    expect(await readBody(aRequest('application/json', '{"a":'), mend)).toEqual({ mended: true });
    for (const [type, body] of [
      ['application/json', '{'],
      ['application/cbor', '{"a":'],
    ] as const)
      await expect(readBody(aRequest(type, body), mend)).rejects.toThrow(UnreadableBodyError);
    await expect(readBody(aRequest('application/json', '{"a":'))).rejects.toThrow(UnreadableBodyError);
  });

  it.each(['application/json', 'application/cbor'])('takes 256 KiB of %s and no byte more', async (type) => {
    const text = (bytes: number): Buffer =>
      type === 'application/json' ? Buffer.from(`"${'x'.repeat(bytes - 2)}"`) : cborOf('x'.repeat(bytes - 5));
    expect(text(256 * 1024)).toHaveLength(256 * 1024);
    await expect(readBody(aRequest(type, text(256 * 1024)))).resolves.toMatch(/^x+$/);
    await expect(readBody(aRequest(type, text(256 * 1024 + 1)))).rejects.toThrow(PayloadTooLargeException);
  });

  it('gives up when the device goes away in the middle', async () => {
    const request = Object.assign(new PassThrough(), { headers: { 'content-type': 'application/json' } });
    request.write('{"a":');
    setImmediate(() => request.destroy());
    await expect(readBody(request as unknown as IncomingMessage)).rejects.toThrow(BadRequestException);
  });
});
