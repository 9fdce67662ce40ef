import http from 'node:http';
import https from 'node:https';
import { Client } from 'minio';
import type { Clock } from '../../../clock/clock';
import { blobKey } from '../../blob-key';
import { Patience } from './patience';
import type { S3Options } from './s3-options';
import { s3Transport } from './s3-transport';

/** What the client library has, but keeps to its own. */
export class S3Client extends Client {
  /** When the parts of an unfinished upload came in. */
  async partTimesMs(bucket: string, key: string, uploadId: string): Promise<number[]> {
    const parts = await this.listParts(bucket, key, uploadId);
    return parts.map((part) => (part.lastModified ?? new Date(0)).getTime());
  }
}

/** Tries for as long as a restart of the store takes; devices close their action when a download is refused. */
const PATIENCE_MS = 30_000;
/** Inside a transaction, and where nobody is helped by a late answer. */
const BRIEF_PATIENCE_MS = 8000;

/** The bucket: clients that speak to it, keys within it, and how long to try. */
export class S3Bucket {
  readonly client: S3Client;
  readonly patience: Patience;
  readonly briefly: Patience;
  readonly once: Patience;
  private readonly agent: http.Agent;
  private readonly signer: Client;

  constructor(
    readonly options: S3Options,
    clock: Clock,
  ) {
    this.patience = new Patience(clock, PATIENCE_MS);
    this.briefly = new Patience(clock, BRIEF_PATIENCE_MS);
    this.once = new Patience(clock, 0);
    const ca = options.ca === undefined ? {} : { ca: options.ca };
    this.agent = options.endpoint.startsWith('https:')
      ? new https.Agent({ keepAlive: true, ...ca })
      : new http.Agent({ keepAlive: true });
    this.client = this.clientWith();
    // Sends nothing, so it may name a host that only devices can reach.
    this.signer = new Client(this.place(options.publicEndpoint));
  }

  get name(): string {
    return this.options.bucket;
  }

  /** Its requests end when the signal says so. */
  clientWith(signal?: AbortSignal): S3Client {
    return new S3Client({
      ...this.place(this.options.endpoint),
      transport: s3Transport(new URL(this.options.endpoint).protocol, signal),
      transportAgent: this.agent,
      // Repeated here, not there: the library writes to the console and forgets what the server said.
      retryOptions: { disableRetry: true },
    });
  }

  /** The same bucket, but requests to it are cut when the signal says so. */
  until(signal: AbortSignal): S3Bucket {
    return Object.create(this, { client: { value: this.clientWith(signal) } }) as S3Bucket;
  }

  blobKey(tenantId: string, sha256: string): string {
    return `${this.blobPrefix}${blobKey(tenantId, sha256)}`;
  }

  get blobPrefix(): string {
    return `${this.options.prefix}blobs/`;
  }

  stagingKey(name: string): string {
    return `${this.options.prefix}staging/${name}`;
  }

  /** Beside the tenants, whose folders are numbers. */
  get probeKey(): string {
    return `${this.blobPrefix}.probe`;
  }

  /** For every request that makes an object. */
  get encryptionHeaders(): Record<string, string> {
    const [kind, keyId = ''] = this.options.encryption.split(/:(.*)/s);
    if (kind === 'sse-s3') return { 'x-amz-server-side-encryption': 'AES256' };
    if (kind !== 'sse-kms') return {};
    return {
      'x-amz-server-side-encryption': 'aws:kms',
      'x-amz-server-side-encryption-aws-kms-key-id': keyId,
    };
  }

  /** An address that gives the object to whoever has it, for a while. */
  async presign(key: string, expirySeconds: number, headers: Record<string, string>): Promise<string> {
    return this.signer.presignedGetObject(this.name, key, expirySeconds, headers);
  }

  private place(endpoint: string): ConstructorParameters<typeof Client>[0] {
    const { protocol, hostname, port } = new URL(endpoint);
    return {
      endPoint: hostname.replace(/^\[|\]$/g, ''),
      useSSL: protocol === 'https:',
      ...(port === '' ? {} : { port: Number(port) }),
      region: this.options.region,
      pathStyle: this.options.isPathStyle,
      accessKey: this.options.accessKey,
      secretKey: this.options.secretKey,
    };
  }
}
