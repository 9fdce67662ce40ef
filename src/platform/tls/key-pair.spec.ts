import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pki } from '../../../test/support/pki';
import { readKeyPair, type KeyPair } from './key-pair';
import { KeyPairWatch } from './key-pair-watch';

const SERVER = { cert: pki('server.cert'), key: pki('server.key') };
const NEXT = { cert: pki('server-next.cert'), key: pki('server-next.key') };

describe('a key pair', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rookery-key-pair-'));
  const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
  const put = ({ cert, key }: { cert: string; key: string }): void => {
    writeFileSync(files.cert, cert);
    writeFileSync(files.key, key);
  };
  afterAll(() => rmSync(folder, { recursive: true }));

  it('is read, with what follows the certificate', async () => {
    put({ ...SERVER, cert: SERVER.cert + pki('root.cert') });
    await expect(readKeyPair(files)).resolves.toEqual({
      cert: SERVER.cert + pki('root.cert'),
      key: SERVER.key,
      notAfterMs: Date.UTC(2125, 0, 1),
    });
  });

  const locked = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    privateKeyEncoding: { type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  }).privateKey;
  it.each([
    ['no certificate', { ...SERVER, cert: 'hello' }, /tls\.crt holds no certificate in PEM: /],
    ['no key', { ...SERVER, key: 'hello' }, /tls\.key holds no key in PEM that is not encrypted: /],
    ['an encrypted key', { ...SERVER, key: locked }, /tls\.key holds no key in PEM that is not encrypted: /],
    [
      'the key of another',
      { ...SERVER, key: NEXT.key },
      /^The key in .*tls\.key does not belong to the first certificate in .*tls\.crt$/,
    ],
    [
      'half a certificate at the end',
      { ...SERVER, cert: SERVER.cert + SERVER.cert.slice(0, 100) },
      /tls\.crt cannot be used for TLS: /,
    ],
  ])('is refused for %s, by the name of the file', async (_what, pair, message) => {
    put(pair);
    await expect(readKeyPair(files)).rejects.toThrow(message);
  });

  it('is refused when a file is not there, by its name', async () => {
    const missing = join(folder, 'none');
    await expect(readKeyPair({ ...files, cert: missing })).rejects.toThrow(
      `The certificate of TLS cannot be read from ${missing}: ENOENT`,
    );
    await expect(readKeyPair({ ...files, key: missing })).rejects.toThrow(
      `The key of TLS cannot be read from ${missing}: ENOENT`,
    );
  });

  describe('that is watched', () => {
    const renewed: KeyPair[] = [];
    const faults: string[] = [];
    const aWatch = async (): Promise<KeyPairWatch> => {
      renewed.length = faults.length = 0;
      put(SERVER);
      return new KeyPairWatch(files, await readKeyPair(files), {
        renewed: (pair) => renewed.push(pair),
        spoilt: (fault) => faults.push(fault),
      });
    };

    it('is told when it is another one, once', async () => {
      const watch = await aWatch();
      await watch.look();
      expect(renewed).toEqual([]);
      put(NEXT);
      await watch.look();
      await watch.look();
      expect(renewed).toMatchObject([NEXT]);
      expect(faults).toEqual([]);
    });

    it('is looked at every few seconds, until nobody wants to know any more', async () => {
      jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] });
      try {
        const watch = await aWatch();
        watch.start();
        put(NEXT);
        jest.advanceTimersByTime(5000);
        while (renewed.length === 0) await new Promise((resolve) => setImmediate(resolve));
        expect(renewed).toMatchObject([NEXT]);
        expect(jest.getTimerCount()).toBe(1);
        watch.stop();
        expect(jest.getTimerCount()).toBe(0);
      } finally {
        jest.useRealTimers();
      }
    });

    it('stays while there is no sound one, and each fault is told once', async () => {
      const watch = await aWatch();
      writeFileSync(files.cert, NEXT.cert);
      await watch.look();
      await watch.look();
      expect(faults).toEqual([expect.stringMatching(/does not belong/)]);
      writeFileSync(files.key, NEXT.key);
      await watch.look();
      expect(renewed).toMatchObject([NEXT]);
      writeFileSync(files.key, '');
      await watch.look();
      expect(faults).toHaveLength(2);
      expect(renewed).toHaveLength(1);
    });
  });
});
