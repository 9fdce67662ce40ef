import { Clock } from '../../src/platform/clock/clock';
import { copyObject } from '../../src/platform/storage/s3/object-copy';
import { S3Bucket } from '../../src/platform/storage/s3/bucket/s3-bucket';
import { sha256Of } from '../support/blob-store-contract';
import { S3Server, type Seen } from '../support/s3/s3-server';

jest.setTimeout(120_000);

const KEYS = { accessKey: 'rookery', secretKey: 'a-secret-of-the-test' };
const SIZE = 300 * 1024 * 1024 + 7;
const isPart = ({ query }: Seen): boolean => query.has('partNumber');
const isComplete = ({ method, query }: Seen): boolean => method === 'POST' && query.has('uploadId');

describe('the copy of an object that is too large for one request', () => {
  let server: S3Server;
  let bucket: S3Bucket;
  beforeAll(async () => {
    server = await S3Server.start(KEYS);
    const place = { endpoint: server.endpoint, publicEndpoint: server.endpoint, bucket: server.bucket };
    const rest = { region: 'us-east-1', prefix: '', isPathStyle: true, encryption: 'none' };
    bucket = new S3Bucket({ ...place, ...rest, ...KEYS }, new Clock());
    const content = Buffer.alloc(SIZE);
    for (let at = 0; at < SIZE; at += 4096) content.writeUInt32LE(at % 0xffff_fffb, Math.min(at, SIZE - 4));
    server.content.put('from', content, {});
  });
  afterAll(() => server.close());
  beforeEach(() => {
    server.behave();
    server.content.objects.delete('to');
  });
  const copy = (): Promise<string> =>
    copyObject(bucket, { from: 'from', to: 'to', sizeBytes: SIZE }, bucket.patience);

  it('is made in parts, also if some of them and the answer to the last request go wrong', async () => {
    server.fail({ kind: 'status', status: 503, code: 'SlowDown' }, isPart, 2);
    server.fail({ kind: 'lost-answer' }, isPart, 1);
    server.fail({ kind: 'lost-answer' }, isComplete, 1);
    const etag = await copy();
    const [from, to] = [server.content.get('from'), server.content.get('to')];
    expect(etag).toBe(to.etag);
    expect(sha256Of(to.bytes)).toBe(sha256Of(from.bytes));
    expect(server.content.uploads.size).toBe(0);
  });

  it('is not there at all when one part of it cannot be made', async () => {
    server.fail({ kind: 'status', status: 403, code: 'AccessDenied' }, isPart, 1);
    await expect(copy()).rejects.toMatchObject({ code: 'AccessDenied' });
    expect(server.content.objects.has('to')).toBe(false);
    expect(server.content.uploads.size).toBe(0);
  });
});
