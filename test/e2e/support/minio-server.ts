import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'minio';
import type { S3Options } from '../../../src/platform/storage/s3/bucket/s3-options';
import { entrust, release } from './caretaker';
import { eventually } from './eventually';
import { findFreePort } from './free-port';
import { ProcessGroup } from './process-group';

const START_PATIENCE_MS = 60_000;
const BUCKET = 'artifacts';

/** The program, built by `test/e2e/support/build-minio.sh` when it is not there yet (some minutes). */
function program(): string {
  const script = join(__dirname, 'build-minio.sh');
  return execFileSync(script, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();
}

/** A real MinIO with a bucket and a folder of its own, which may be killed and started again. */
export class MinioServer {
  private running: ProcessGroup | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    readonly keys: { readonly accessKey: string; readonly secretKey: string },
    private readonly kmsKey: string,
  ) {}

  static async start(): Promise<MinioServer> {
    const folder = await mkdtemp(join(tmpdir(), 'rookery-minio-'));
    entrust({ folder });
    const keys = { accessKey: 'rookery', secretKey: randomBytes(20).toString('hex') };
    const kmsKey = `a-key:${randomBytes(32).toString('base64')}`;
    const server = new MinioServer(folder, await findFreePort(), keys, kmsKey);
    await server.launch();
    await server.client().makeBucket(BUCKET);
    return server;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  get bucket(): string {
    return BUCKET;
  }

  client(): Client {
    return new Client({ endPoint: '127.0.0.1', port: this.port, useSSL: false, ...this.keys });
  }

  options(prefix: string): S3Options {
    return {
      endpoint: this.endpoint,
      publicEndpoint: this.endpoint,
      region: 'us-east-1',
      bucket: BUCKET,
      prefix,
      isPathStyle: true,
      ...this.keys,
      encryption: 'none',
    };
  }

  /** Names of all objects below the prefix, and one for each unfinished upload of the bucket. */
  async everything(prefix: string): Promise<string[]> {
    const names: string[] = [];
    for await (const object of this.client().listObjectsV2(BUCKET, prefix, true))
      names.push((object as { name: string }).name);
    // MinIO lists unfinished uploads by their whole key only, so its own folder is looked into.
    const unfinished = await readdir(join(this.folder, '.minio.sys', 'multipart'), { recursive: true });
    return [...names, ...unfinished.filter((path) => path.endsWith('xl.meta'))];
  }

  /** As when the machine dies. */
  async kill9(): Promise<void> {
    this.running?.signal('SIGKILL');
    await this.running?.waitForExit(10_000);
    this.running?.killGroup();
  }

  async launch(): Promise<void> {
    const address = `127.0.0.1:${this.port}`;
    this.running = await ProcessGroup.start({
      command: program(),
      args: ['server', '--quiet', '--address', address, '--console-address', '127.0.0.1:0', this.folder],
      cwd: this.folder,
      env: {
        HOME: this.folder,
        PATH: process.env['PATH'] ?? '',
        MINIO_ROOT_USER: this.keys.accessKey,
        MINIO_ROOT_PASSWORD: this.keys.secretKey,
        MINIO_KMS_SECRET_KEY: this.kmsKey,
        MINIO_BROWSER: 'off',
        MINIO_UPDATE: 'off',
        MINIO_CI_CD: 'on',
      },
    });
    const running = this.running;
    await eventually(
      async () => {
        if (!running.isRunning) return;
        const answer = await fetch(`${this.endpoint}/minio/health/ready`, {
          headers: { connection: 'close' },
        });
        if (answer.status !== 200) throw new Error(`MinIO answers ${answer.status}${running.tail()}`);
      },
      { timeoutMs: START_PATIENCE_MS },
    );
    if (!running.isRunning) throw new Error(`MinIO ended while it started${running.tail()}`);
  }

  async discard(): Promise<void> {
    await this.kill9();
    await rm(this.folder, { recursive: true, force: true });
    release({ folder: this.folder });
  }
}
