import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { connect } from 'node:tls';
import { pki, pkiPath } from '../support/pki';
import { eventually } from './support/eventually';
import { findFreePort } from './support/free-port';
import { ProcessGroup } from './support/process-group';

jest.setTimeout(120_000);

const REPOSITORY = resolve(__dirname, '../..');
const START_MS = 60_000;

/** The certificate that the server shows, in PEM. */
async function shownAt(port: number): Promise<string> {
  const ca = pki('server.cert', 'server-next.cert');
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca });
  await once(socket, 'secureConnect');
  const pem = socket.getPeerX509Certificate()?.toString() ?? '';
  socket.destroy();
  return pem;
}

describe('the program with a certificate of its own', () => {
  let folder: string;
  let program: ProcessGroup | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rookery-tls-'));
    await chmod(folder, 0o755);
  });
  afterEach(async () => {
    program?.signal('SIGINT');
    await program?.waitForExit(5000);
    program?.killGroup();
    await rm(folder, { recursive: true, force: true });
  });

  const run = async (settings: Record<string, string>): Promise<ProcessGroup> => {
    const env = { PATH: process.env['PATH'] ?? '', HOME: process.env['HOME'] ?? '/' };
    const fixed = { ROOKERY_DATA_DIR: join(folder, 'state'), ROOKERY_HOST: '127.0.0.1', ROOKERY_PORT: '0' };
    program = await ProcessGroup.start({
      command: process.execPath,
      args: ['dist/src/main.js'],
      cwd: REPOSITORY,
      env: { ...env, ...fixed, ...settings },
    });
    return program;
  };

  it('does not start with the key of another, says so, and has made nothing', async () => {
    const settings = {
      ROOKERY_TLS_CERT: pkiPath('server.cert'),
      ROOKERY_TLS_KEY: pkiPath('server-next.key'),
    };
    const refused = await run(settings);
    expect((await refused.waitForExit(START_MS))?.code).toBe(1);
    expect(refused.output).toMatch(
      /^Rookery cannot start\. The key in .*server-next\.key\.pem does not belong/m,
    );
    expect(refused.output).not.toMatch(/^ {4}at /m);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says both its addresses, and shows a new certificate after SIGHUP', async () => {
    const files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key') };
    const put = (name: string): void => {
      copyFileSync(pkiPath(`${name}.cert`), files.cert);
      copyFileSync(pkiPath(`${name}.key`), files.key);
    };
    put('server');
    const port = await findFreePort();
    const settings = {
      ROOKERY_TLS_CERT: files.cert,
      ROOKERY_TLS_KEY: files.key,
      ROOKERY_TLS_PORT: String(port),
    };
    const server = await run(settings);
    const banner = /^Rookery listens on http:\/\/localhost:\d+ and https:\/\/localhost:(\d+)$/m;
    await server.waitForOutput(banner, START_MS);
    expect(banner.exec(server.output)?.[1]).toBe(String(port));
    expect(await shownAt(port)).toBe(pki('server.cert'));
    put('server-next');
    server.signal('SIGHUP');
    await eventually(async () => expect(await shownAt(port)).toBe(pki('server-next.cert')));
    server.signal('SIGINT');
    expect((await server.waitForExit(5000))?.code).toBe(0);
  });
});
