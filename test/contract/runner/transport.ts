import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import cbor from 'cbor';

/** A request as it goes out. */
export interface Request {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** An answer as it came in: nothing followed, nothing unpacked. */
export class Answer {
  constructor(
    readonly status: number,
    /** By lower-case name. */
    readonly headers: Readonly<Record<string, string>>,
    readonly body: Buffer,
  ) {}

  get mediaType(): string | undefined {
    return this.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  }

  /** The body's tree, of JSON or CBOR; undefined when it is neither. */
  tree(): unknown {
    if (this.body.length === 0) return undefined;
    if (this.mediaType === 'application/cbor') return cbor.decodeFirstSync(this.body) as unknown;
    if (this.mediaType?.endsWith('json') !== true) return undefined;
    return JSON.parse(this.body.toString('utf8')) as unknown;
  }

  /** For a person who has to find out what went wrong. */
  describe(): string {
    const isText = this.mediaType === undefined || /json|text|multipart/.test(this.mediaType);
    const body = isText ? this.body.toString('latin1') : `${this.body.length} bytes`;
    return `${this.status} ${this.mediaType ?? '(no type)'} ${body.slice(0, 1000)}`;
  }
}

const http = new HttpAgent({ keepAlive: true });
const https = new HttpsAgent({ keepAlive: true });

/** Sends exactly this: no header of its own but Host, Connection and the length, no redirect followed. */
export async function send({ method, url, headers, body }: Request): Promise<Answer> {
  const isSecure = url.startsWith('https:');
  const length = body === undefined ? {} : { 'Content-Length': String(body.length) };
  const options = { method, headers: { ...length, ...headers }, agent: isSecure ? https : http };
  return new Promise((resolve, reject) => {
    const request = (isSecure ? httpsRequest : httpRequest)(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const named = Object.entries(response.headersDistinct).map(([name, values]) => [
          name,
          values?.join(', ') ?? '',
        ]);
        resolve(new Answer(response.statusCode ?? 0, Object.fromEntries(named), Buffer.concat(chunks)));
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}

export function closeConnections(): void {
  http.destroy();
  https.destroy();
}
