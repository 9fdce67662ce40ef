import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { setTimeout as after } from 'node:timers/promises';
import { MultipartError } from './multipart.error';
import { readMultipartForm } from './multipart-form';
import type { MultipartForm, MultipartLimits, UploadedFile } from './multipart-options';

interface Received {
  fieldName: string;
  fileName: string;
  mimeType: string;
  text: string;
}
type OnFile = (file: UploadedFile) => Promise<Received>;
type Outcome = { form: MultipartForm<Received> } | { error: unknown };

const LIMITS: MultipartLimits = { fileCount: 3, fileSizeBytes: 1000, fieldCount: 3, fieldSizeBytes: 100 };
const BOUNDARY = 'xyz';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

async function textOf(stream: Readable): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts).toString();
}
const receive: OnFile = async ({ stream, ...names }) => ({ ...names, text: await textOf(stream) });

const field = (name: string, value: string) =>
  `Content-Disposition: form-data; name="${name}"\r\n\r\n${value}`;
const file = (name: string, fileName: string, text: string) =>
  `Content-Disposition: form-data; name="${name}"; filename="${fileName}"\r\n` +
  `Content-Type: application/x-test\r\n\r\n${text}`;
const body = (...parts: string[]) =>
  `${parts.map((part) => `--${BOUNDARY}\r\n${part}\r\n`).join('')}--${BOUNDARY}--\r\n`;

describe('readMultipartForm', () => {
  let server: Server;
  let onFile: OnFile;
  let limits: MultipartLimits;
  let abandoned: string[];
  let outcome: Promise<Outcome>;
  let settle: (value: Outcome) => void;
  const unhandled: unknown[] = [];
  const noteUnhandled = (reason: unknown): void => void unhandled.push(reason);

  const expectOutcome = (): void => {
    outcome = new Promise((resolve) => (settle = resolve));
  };

  beforeEach(async () => {
    [onFile, limits, abandoned] = [receive, LIMITS, []];
    expectOutcome();
    process.on('unhandledRejection', noteUnhandled);
    server = createServer((request, response) => {
      const onAbandon = (result: Received): Promise<void> => {
        abandoned.push(result.fileName);
        return Promise.resolve();
      };
      readMultipartForm(request, { limits, onFile: (upload) => onFile(upload), onAbandon }).then(
        (form) => {
          settle({ form });
          response.end(JSON.stringify(form));
        },
        (error: unknown) => {
          settle({ error });
          response.statusCode = error instanceof MultipartError ? error.status : 500;
          response.end(error instanceof Error ? error.message : 'unknown');
        },
      );
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    process.off('unhandledRejection', noteUnhandled);
    expect(unhandled).toEqual([]);
  });

  const port = () => (server.address() as AddressInfo).port;

  function post(
    payload: string | Buffer,
    type: string | undefined = TYPE,
  ): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = type === '' ? {} : { 'content-type': type };
      const sent = httpRequest({ port: port(), method: 'POST', headers }, (answer: IncomingMessage) => {
        textOf(answer).then((text) => resolve({ status: answer.statusCode ?? 0, text }), reject);
      });
      sent.on('error', reject);
      sent.end(payload);
    });
  }

  async function formOf(payload: string | Buffer): Promise<MultipartForm<Received>> {
    const { status, text } = await post(payload);
    expect({ status, text }).toMatchObject({ status: 200 });
    return JSON.parse(text) as MultipartForm<Received>;
  }

  function rawUpload(contentLength: number, start: string): Promise<Socket> {
    return new Promise((resolve) => {
      const socket = connect(port(), '127.0.0.1', () => {
        socket.on('error', () => undefined);
        socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Type: ${TYPE}\r\n`);
        socket.write(`Content-Length: ${contentLength}\r\n\r\n${start}`, () => resolve(socket));
      });
    });
  }

  it('reads fields and files in the order sent', async () => {
    const form = await formOf(
      body(field('tag', 'a'), file('f', 'one.bin', 'first'), field('tag', 'ü'), file('f', 'two.bin', '')),
    );
    expect(form.fields).toEqual({ tag: ['a', 'ü'] });
    expect(form.files).toEqual([
      { fieldName: 'f', fileName: 'one.bin', mimeType: 'application/x-test', text: 'first' },
      { fieldName: 'f', fileName: 'two.bin', mimeType: 'application/x-test', text: '' },
    ]);
  });

  it('takes any field name as only a name', async () => {
    await formOf(body(field('__proto__', 'x'), field('constructor', 'y')));
    const result = await outcome;
    if (!('form' in result)) throw new Error('no form');
    expect(Object.getPrototypeOf(result.form.fields)).toBeNull();
    expect(Object.entries(result.form.fields)).toEqual([
      ['__proto__', ['x']],
      ['constructor', ['y']],
    ]);
  });

  it('reads an empty form and ignores what follows the last boundary', async () => {
    expect(await formOf(body())).toEqual({ fields: {}, files: [] });
    const epilogue = 'x'.repeat(300_000);
    expect(await formOf(body(field('a', '1')) + epilogue)).toEqual({ fields: { a: ['1'] }, files: [] });
  });

  it('handles one file at a time', async () => {
    let running = 0;
    let most = 0;
    onFile = async (upload) => {
      most = Math.max(most, (running += 1));
      await after(5);
      const received = await receive(upload);
      running -= 1;
      return received;
    };
    await formOf(body(file('a', 'a', '1'), file('b', 'b', '2'), file('c', 'c', '3')));
    expect(most).toBe(1);
  });

  it('holds the client back while a file is not read', async () => {
    limits = { ...LIMITS, fileSizeBytes: 64 * 1024 * 1024 };
    let release: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let got = 0;
    onFile = async ({ stream, ...names }) => {
      await gate;
      for await (const chunk of stream) got += (chunk as Buffer).length;
      return { ...names, text: '' };
    };
    const size = 48 * 1024 * 1024;
    const head = `--${BOUNDARY}\r\n${file('f', 'big', '')}`;
    const tail = `\r\n--${BOUNDARY}--\r\n`;
    const socket = await rawUpload(head.length + size + tail.length, head);
    socket.write(Buffer.alloc(size));
    socket.write(tail);
    await after(300);
    // What the kernel and the parser hold; the rest must still wait at the client.
    expect(socket.writableLength).toBeGreaterThan(size / 2);
    release();
    expect(await outcome).toHaveProperty('form');
    expect(got).toBe(size);
  });

  it('goes on when onFile leaves a file unread or half read', async () => {
    limits = { ...LIMITS, fileSizeBytes: 1_000_000 };
    onFile = async ({ stream, ...names }) => {
      if (names.fileName === 'half') for await (const chunk of stream) if (chunk) break;
      return { ...names, text: '' };
    };
    const large = 'x'.repeat(900_000);
    const form = await formOf(body(file('f', 'half', large), file('f', 'unread', large), field('last', '1')));
    expect(form.files.map(({ fileName }) => fileName)).toEqual(['half', 'unread']);
    expect(form.fields).toEqual({ last: ['1'] });
  });

  it.each<[string, number, string, RegExp]>([
    ['a file too large', 413, body(file('img', 'a', 'x'.repeat(1001))), /"img".*1000 bytes/],
    ['a file too many', 413, body(...['1', '2', '3', '4'].map((n) => file(`f${n}`, n, n))), /"f4".*3/],
    ['a field too large', 413, body(field('note', 'x'.repeat(101))), /"note".*100 bytes/],
    ['a field too many', 413, body(...['1', '2', '3', '4'].map((n) => field(`v${n}`, n))), /"v4".*3/],
    [
      'too many parts',
      413,
      body(...Array.from({ length: 9 }, () => 'X-Nothing: 1\r\n\r\n')),
      /too many parts/,
    ],
    ['a part without a name', 400, body('Content-Disposition: form-data\r\n\r\nx'), /no field name/],
    ['a file without a name', 400, body(file('f', '', 'x')), /"f" has no name/],
    [
      'binary without a file name',
      400,
      body(`${field('f', '').trim()}\r\nContent-Type: application/octet-stream\r\n\r\nx`),
      /"f" has no name/,
    ],
    ['an empty body', 400, '', /cut off/],
    ['a body without the boundary', 400, 'hello', /cut off/],
    ['a body cut off in a file', 400, body(file('f', 'a', 'x'.repeat(500))).slice(0, 300), /cut off/],
    ['a body cut off in a field', 400, body(field('f', 'abcdef')).slice(0, 60), /cut off/],
    ['a body cut off in the headers', 400, body(field('f', 'abcdef')).slice(0, 20), /cut off/],
  ])('refuses %s', async (_what, status, payload, message) => {
    const answer = await post(payload);
    expect(answer).toMatchObject({ status, text: expect.stringMatching(message) });
  });

  it('takes exactly what the limits allow', async () => {
    const parts = ['1', '2', '3'].flatMap((n) => [
      file('f', n, 'x'.repeat(1000)),
      field('v', 'y'.repeat(100)),
    ]);
    const form = await formOf(body(...parts));
    expect(form.files.map(({ text }) => text.length)).toEqual([1000, 1000, 1000]);
    expect(form.fields['v']).toHaveLength(3);
  });

  it.each([
    ['', 415],
    ['application/json', 415],
    ['multipart/mixed; boundary=xyz', 415],
    ['multipart/form-data-x; boundary=xyz', 415],
    ['multipart/form-data', 400],
    ['multipart/form-data; boundary=', 400],
    [`multipart/form-data; boundary=${'b'.repeat(71)}`, 400],
    ['multipart/form-data; boundary="xyz"; charset=utf-8', 200],
    ['Multipart/Form-Data;boundary=xyz', 200],
  ])('answers content type %j with %d', async (type, status) => {
    expect((await post(body(field('a', '1')), type)).status).toBe(status);
  });

  it('lets a client that is far from done read the refusal, and keeps the connection usable', async () => {
    const payload = Buffer.concat([
      Buffer.from(`--${BOUNDARY}\r\n${file('img', 'a', '')}`),
      Buffer.alloc(20 * 1024 * 1024),
      Buffer.from(`\r\n--${BOUNDARY}--\r\n`),
    ]);
    expect(await post(payload)).toMatchObject({ status: 413, text: expect.stringContaining('"img"') });
  });

  it('fails with what onFile threw, and gives up what earlier files left', async () => {
    const seen: string[] = [];
    onFile = async (upload) => {
      seen.push(upload.fileName);
      if (upload.fileName === 'two') throw new Error('not a bundle');
      return receive(upload);
    };
    const answer = await post(body(file('f', 'one', '1'), file('f', 'two', '2'), file('f', 'three', '3')));
    expect(answer).toEqual({ status: 500, text: 'not a bundle' });
    expect(seen).toEqual(['one', 'two']);
    expect(abandoned).toEqual(['one']);
  });

  it('ends the stream with an error when the client leaves, so that staging cleans up', async () => {
    let streamError: unknown;
    let hasStarted: () => void = () => undefined;
    const started = new Promise<void>((resolve) => (hasStarted = resolve));
    onFile = async (upload) => {
      hasStarted();
      try {
        return await receive(upload);
      } catch (error) {
        streamError = error;
        throw error;
      }
    };
    const socket = await rawUpload(10_000, `--${BOUNDARY}\r\n${file('f', 'a', 'some bytes')}`);
    await started;
    socket.destroy();
    expect(await outcome).toMatchObject({
      error: { status: 400, message: expect.stringMatching(/connection closed/) },
    });
    expect(streamError).toBeInstanceOf(MultipartError);
  });

  it('rejects when the client leaves between two files', async () => {
    const socket = await rawUpload(
      10_000,
      `--${BOUNDARY}\r\n${file('f', 'a', 'all')}\r\n--${BOUNDARY}\r\nContent-`,
    );
    await after(50);
    socket.destroy();
    expect(await outcome).toMatchObject({ error: { status: 400 } });
    expect(abandoned).toEqual(['a']);
  });

  it('settles wherever a body is cut or spoilt, and takes no form that is not whole', async () => {
    const whole = body(
      field('a', '1'),
      file('f', 'one', 'first'),
      file('g', 'two', 'second'),
      field('b', '2'),
    );
    for (let at = 0; at < whole.length; at += 1) {
      const isWhole = at >= whole.length - '\r\n'.length;
      expect({ at, status: (await post(whole.slice(0, at))).status }).toEqual({
        at,
        status: isWhole ? 200 : 400,
      });
      const { status } = await post(`${whole.slice(0, at)}\n${whole.slice(at + 1)}`);
      expect([200, 400, 413]).toContain(status);
    }
  }, 60_000);

  it.each([
    ['a path', 'filename="/etc/up/date.swu"', 'date.swu'],
    ['a Windows path', 'filename="C:\\fakepath\\update.swu"', 'update.swu'],
    ['UTF-8', 'filename="größe-固件.swu"', 'größe-固件.swu'],
    ['filename*', "filename*=UTF-8''gr%C3%B6%C3%9Fe%20%E5%9B%BA.swu", 'größe 固.swu'],
    ['an escaped quote', 'filename="a\\"b.swu"', 'a"b.swu'],
    ['no quotes', 'filename=plain.swu', 'plain.swu'],
    ['both spellings', `filename="plain.swu"; filename*=UTF-8''other.swu`, 'plain.swu'],
    ['the longest', `filename="${'n'.repeat(255)}"`, 'n'.repeat(255)],
  ])('reads a file name with %s', async (_what, parameter, expected) => {
    const part = `Content-Disposition: form-data; name="f"; ${parameter}\r\n\r\nx`;
    expect((await formOf(body(part))).files[0]?.fileName).toBe(expected);
  });

  it.each([
    ['only dots', 'filename=".."'],
    ['a path that ends in dots', 'filename="a/.."'],
    ['a path that ends in a slash', 'filename="a/"'],
    ['a control character', 'filename="a\u0007b"'],
    ['a hidden NUL', "filename*=UTF-8''a%00b"],
    ['a hidden path that ends in dots', "filename*=UTF-8''x%2F.."],
    ['256 characters', `filename="${'n'.repeat(256)}"`],
  ])('refuses a file name with %s', async (_what, parameter) => {
    const part = `Content-Disposition: form-data; name="f"; ${parameter}\r\n\r\nx`;
    expect(await post(body(part))).toMatchObject({ status: 400, text: expect.stringContaining('"f"') });
  });

  it('never sees a part with a line break in a name: the parser skips it', async () => {
    const part = `Content-Disposition: form-data; name="f"; filename*=UTF-8''a%0Ab\r\n\r\nx`;
    expect(await formOf(body(part))).toEqual({ fields: {}, files: [] });
  });

  it('refuses a file name that is not UTF-8', async () => {
    const payload = Buffer.from(body(file('f', 'gr\u00f6\u00dfe', 'x')), 'latin1');
    expect(await post(payload)).toMatchObject({ status: 400, text: expect.stringContaining('not UTF-8') });
  });
});
