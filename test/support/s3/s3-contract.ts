import { request } from 'node:http';
import { Clock } from '../../../src/platform/clock/clock';
import { S3BlobStore } from '../../../src/platform/storage/s3/s3-blob-store';
import type { S3Options } from '../../../src/platform/storage/s3/bucket/s3-options';
import { stored } from '../blob-store-contract';

interface Got {
  readonly status: number;
  readonly body: string;
  readonly disposition: string | undefined;
}

/** A request as a device without any credentials would send it. */
async function ask(url: string, method = 'GET', headers: Record<string, string> = {}): Promise<Got> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent: false }, (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          body,
          disposition: response.headers['content-disposition'],
        }),
      );
    });
    sent.on('error', reject).end();
  });
}

/** What is particular to stores behind S3, on any server that speaks it. */
export function describeS3Access(name: string, optionsOf: () => Promise<S3Options>): void {
  describe(name, () => {
    let options: S3Options;
    let store: S3BlobStore;
    beforeEach(async () => {
      options = await optionsOf();
      store = new S3BlobStore(options, new Clock());
    });
    const withOptions = (change: Partial<S3Options>): S3BlobStore =>
      new S3BlobStore({ ...options, ...change }, new Clock());
    const reasonOf = async (other: S3BlobStore): Promise<string> => {
      const error: unknown = await other.checkWritable().catch((failure: unknown) => failure);
      expect(error).toMatchObject({ code: 'storage_unavailable' });
      return (error as { cause: Error }).cause.message;
    };

    describe('a presigned address', () => {
      let sha256: string;
      beforeEach(async () => {
        sha256 = await stored(store, '1', '0123456789');
      });

      it('gives the bytes and ranges of them to whoever has it', async () => {
        const url = await store.presign('1', sha256, { expirySeconds: 60 });
        expect(await ask(url)).toMatchObject({ status: 200, body: '0123456789' });
        expect(await ask(url, 'GET', { range: 'bytes=2-4' })).toMatchObject({ status: 206, body: '234' });
      });

      it.each(['firmware 1.0.swu', 'Größe "1"+100%.bin', "it's(new)!*.img", '漢字.swu'])(
        'tells the name %s',
        async (fileName) => {
          const url = await store.presign('1', sha256, { expirySeconds: 60, fileName });
          const { status, disposition = '' } = await ask(url);
          expect(status).toBe(200);
          const [, exact = ''] = /filename\*=UTF-8''(\S+)$/.exec(disposition) ?? [];
          expect(decodeURIComponent(exact)).toBe(fileName);
        },
      );

      it('is refused once it has expired', async () => {
        const url = await store.presign('1', sha256, { expirySeconds: 1 });
        let status = 200;
        while (status === 200) {
          await new Promise((next) => setTimeout(next, 300));
          ({ status } = await ask(url));
        }
        expect(status).toBe(403);
      });

      it('is refused when anything in it was changed', async () => {
        const other = await stored(store, '1', 'another');
        const url = await store.presign('1', sha256, { expirySeconds: 60 });
        const tampered = url.replace(/Signature=(.)/, (_, first) => `Signature=${first === '0' ? '1' : '0'}`);
        expect((await ask(tampered)).status).toBe(403);
        expect((await ask(url.replace('Expires=60', 'Expires=600'))).status).toBe(403);
        const elsewhere = url.replace(`${sha256.slice(0, 2)}/${sha256}`, `${other.slice(0, 2)}/${other}`);
        expect((await ask(elsewhere)).status).toBe(403);
      });

      it.each(['PUT', 'DELETE', 'POST'])('does not allow %s', async (method) => {
        const url = await store.presign('1', sha256, { expirySeconds: 60 });
        expect((await ask(url, method)).status).toBeGreaterThanOrEqual(400);
        expect(await store.has('1', sha256)).toBe(true);
      });

      it('names the public address, also where only devices can reach it', async () => {
        const other = withOptions({ publicEndpoint: 'https://files.example.com' });
        const url = new URL(await other.presign('1', sha256, { expirySeconds: 60 }));
        expect(url.origin).toBe('https://files.example.com');
        expect(url.href).not.toContain(options.secretKey);
      });
    });

    it('is no path of a file', async () => {
      const sha256 = await stored(store, '1', 'x');
      expect(store.internalPath('1', sha256)).toBeUndefined();
    });

    it('says that the bucket is missing', async () => {
      const other = withOptions({ bucket: 'not-there' });
      expect(await reasonOf(other)).toMatch(/has no bucket "not-there".*ROOKERY_S3_BUCKET/);
      await expect(other.has('1', 'a'.repeat(64))).rejects.toMatchObject({ code: 'storage_unavailable' });
      await expect(other.open('1', 'a'.repeat(64))).rejects.toMatchObject({ code: 'storage_unavailable' });
    });

    it('says that the access key is unknown', async () => {
      expect(await reasonOf(withOptions({ accessKey: 'somebody' }))).toMatch(/ROOKERY_S3_ACCESS_KEY/);
    });

    it('says that the secret key is wrong, and does not say the key', async () => {
      const reason = await reasonOf(withOptions({ secretKey: 'a-wrong-secret' }));
      expect(reason).toMatch(/ROOKERY_S3_SECRET_KEY/);
      expect(reason).not.toMatch(/a-wrong-secret/);
      expect(reason).not.toContain(options.secretKey);
    });

    it('says that nobody is there', async () => {
      expect(await reasonOf(withOptions({ endpoint: 'http://127.0.0.1:1' }))).toMatch(
        /127\.0\.0\.1:1 cannot be reached \(ECONNREFUSED\)/,
      );
    });

    it('says that the host has no name', async () => {
      expect(await reasonOf(withOptions({ endpoint: 'http://nowhere.invalid:9000' }))).toMatch(
        /nowhere\.invalid:9000 (names a host that is not known|cannot be reached)/,
      );
    });
  });
}
