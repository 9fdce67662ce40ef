import type { Topic } from './conversation';

/** Writes the requests of devices as the bytes that go over the wire. */
export class Requests {
  private readonly tail: string;

  constructor({ port, gatewayToken }: Pick<Topic, 'port' | 'gatewayToken'>, accept = 'application/hal+json') {
    this.tail = [
      ` HTTP/1.1\r\nHost: 127.0.0.1:${port}`,
      `Authorization: GatewayToken ${gatewayToken}`,
      `Accept: ${accept}`,
      'User-Agent: rookery-bench\r\n',
    ].join('\r\n');
  }

  /** `path` below the device, such as `/deploymentBase/7`; none for the root poll. */
  get(controllerId: string, path = ''): string {
    return this.getUrl(`/DEFAULT/controller/v1/${controllerId}${path}`);
  }

  /** Some ranges of a file, such as `0-99,200-`. */
  getRanges(controllerId: string, path: string, ranges: string): string {
    return `GET /DEFAULT/controller/v1/${controllerId}${path}${this.tail}Range: bytes=${ranges}\r\n\r\n`;
  }

  getUrl(url: string): string {
    return `GET ${url}${this.tail}\r\n`;
  }

  post(controllerId: string, path: string, body: string): string {
    return this.withBody('POST', `/DEFAULT/controller/v1/${controllerId}${path}`, body);
  }

  put(controllerId: string, path: string, body: string): string {
    return this.withBody('PUT', `/DEFAULT/controller/v1/${controllerId}${path}`, body);
  }

  /** Bodies are ASCII: their length in characters is that in bytes. */
  private withBody(method: string, url: string, body: string): string {
    return `${method} ${url}${this.tail}Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  }
}
