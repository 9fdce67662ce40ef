import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { Clock } from '../../src/platform/clock/clock';
import { S3BlobStore } from '../../src/platform/storage/s3/s3-blob-store';
import { bytesOf, sha256Of, stored } from '../support/blob-store-contract';
import { S3Server, type TlsIdentity } from '../support/s3/s3-server';

Logger.overrideLogger(false);

const KEYS = { accessKey: 'rookery', secretKey: 'a-secret-of-the-test' };

/** A certificate that vouches for itself. */
function identity(): TlsIdentity {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-tls-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const what = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    key,
    '-out',
    cert,
  ];
  const whose = ['-subj', '/CN=s3', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2'];
  execFileSync('openssl', ['req', '-x509', ...what, ...whose], { stdio: 'pipe' });
  const made = { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') };
  rmSync(folder, { recursive: true });
  return made;
}

describe('S3BlobStore over TLS', () => {
  const tls = identity();
  let server: S3Server;
  beforeAll(async () => {
    server = await S3Server.start(KEYS, tls);
  });
  afterAll(() => server.close());

  const storeWith = (ca: string | undefined): S3BlobStore => {
    const place = { endpoint: server.endpoint, publicEndpoint: server.endpoint, bucket: server.bucket };
    const rest = { region: 'us-east-1', prefix: '', isPathStyle: true, encryption: 'none', ca };
    return new S3BlobStore({ ...place, ...rest, ...KEYS }, new Clock());
  };

  it('trusts the private authority that it is given', async () => {
    const store = storeWith(tls.cert);
    await store.checkWritable();
    const content = randomBytes(9 * 1024 * 1024);
    const sha256 = await stored(store, '1', content);
    expect(sha256Of(await bytesOf(await store.open('1', sha256)))).toBe(sha256Of(content));
  });

  it('says that the certificate is not trusted otherwise', async () => {
    const failure: unknown = await storeWith(undefined)
      .checkWritable()
      .catch((error: unknown) => error);
    expect((failure as { cause: Error }).cause.message).toMatch(
      /certificate of https:.* is not trusted.*ROOKERY_S3_CA/,
    );
  });
});
