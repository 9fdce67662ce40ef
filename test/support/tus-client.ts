import { request as httpRequest } from 'node:http';

const TUS = { 'tus-resumable': '1.0.0' };

/** An answer to a request of the protocol. */
export interface TusAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** Speaks tus 1.0.0 as a script with curl would: one request at a time, each on a connection of its own. */
export class TusClient {
  constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  /** `metadata` by key, not yet in base64. */
  async begin(
    sizeBytes: number | string,
    metadata: Readonly<Record<string, string>>,
    body?: Buffer,
  ): Promise<TusAnswer> {
    const pairs = Object.entries(metadata).map(
      ([key, value]) => `${key} ${Buffer.from(value).toString('base64')}`,
    );
    return this.send('POST', '/api/v1/uploads', {
      headers: {
        'upload-length': String(sizeBytes),
        ...(pairs.length === 0 ? {} : { 'upload-metadata': pairs.join(',') }),
        ...(body === undefined ? {} : { 'content-type': 'application/offset+octet-stream' }),
      },
      ...(body === undefined ? {} : { body }),
    });
  }

  /** The path of a new upload; fails when it was refused. */
  async path(sizeBytes: number, metadata: Readonly<Record<string, string>>): Promise<string> {
    const answer = await this.begin(sizeBytes, metadata);
    const path = answer.headers.get('location');
    if (answer.status !== 201 || path === null) throw new Error(`${answer.status}: ${answer.text}`);
    return path;
  }

  async append(path: string, offset: number, body: Buffer): Promise<TusAnswer> {
    const headers = { 'upload-offset': String(offset), 'content-type': 'application/offset+octet-stream' };
    return this.send('PATCH', path, { headers, body });
  }

  /** Where to go on. */
  async offset(path: string): Promise<number> {
    const answer = await this.send('HEAD', path);
    if (answer.status !== 200) throw new Error(`HEAD answers ${answer.status}`);
    return Number(answer.headers.get('upload-offset'));
  }

  /** Sends only a part of what it announces, and is gone once the server has had the time to read that. */
  async breakOff(
    path: string,
    offset: number,
    part: Buffer,
    { method = 'PATCH', headers = {} }: { method?: string; headers?: Record<string, string> } = {},
  ): Promise<void> {
    const request = httpRequest(`${this.url}${path}`, {
      method,
      headers: {
        ...headers,
        ...{ ...TUS, authorization: `Bearer ${this.token}` },
        ...{ 'content-type': 'application/offset+octet-stream', 'upload-offset': String(offset) },
        'content-length': part.length + 1,
      },
    });
    request.on('error', () => undefined);
    await new Promise<void>((resolve) => request.write(part, () => resolve()));
    await new Promise((resolve) => setTimeout(resolve, 200));
    request.destroy();
  }

  async send(
    method: string,
    path: string,
    { headers = {}, body }: { readonly headers?: Record<string, string>; readonly body?: Buffer } = {},
  ): Promise<TusAnswer> {
    const answer = await fetch(`${this.url}${path}`, {
      method,
      headers: { ...TUS, authorization: `Bearer ${this.token}`, connection: 'close', ...headers },
      ...(body === undefined ? {} : { body: new Uint8Array(body) }),
    });
    return { status: answer.status, headers: answer.headers, text: await answer.text() };
  }
}
