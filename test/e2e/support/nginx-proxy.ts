import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { entrust, release } from './caretaker';
import { eventually } from './eventually';
import { findFreePort } from './free-port';
import { ProcessGroup } from './process-group';

/** What nginx shall do. */
export interface NginxOptions {
  /** What stands in its `http` block; files in it are looked for beside it. `443` becomes a free port. */
  readonly config: string;
  /** What to copy beside it: from the path to its name there. */
  readonly files: Readonly<Record<string, string>>;
}

const LOGS = ['error.log', 'access.log'];
const PATIENCE_MS = 10_000;

/** Whatever else a real installation sets: where it may write, and that it stays in front. */
function wrapped(config: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  // What the server keeps is for its group alone; a real nginx is a member of that.
  const user = process.getuid?.() === 0 ? 'user root;\n' : '';
  return `${user}daemon off;
master_process on;
pid nginx.pid;
error_log error.log info;
events {}
http {
  access_log access.log;
${temporary.map((name) => `  ${name}_temp_path ${name};`).join('\n')}
${config}
}
`;
}

/** Debian's nginx in front of a server, with a folder of its own. */
export class NginxProxy {
  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly program: ProcessGroup,
  ) {}

  /** Starts nginx and waits until it listens. */
  static async start({ config, files }: NginxOptions): Promise<NginxProxy> {
    const port = await findFreePort();
    const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
    entrust({ folder });
    for (const [path, name] of Object.entries(files)) await copyFile(path, join(folder, basename(name)));
    await writeFile(join(folder, 'nginx.conf'), wrapped(config.replace('listen 443', `listen ${port}`)));
    const program = await ProcessGroup.start({
      command: 'nginx',
      args: ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'],
      cwd: folder,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    });
    const proxy = new NginxProxy(folder, port, program);
    await proxy
      .orShowLogs(() => proxy.untilListening())
      .catch(async (failure: unknown) => {
        await proxy.discard();
        throw failure;
      });
    return proxy;
  }

  /** Its address, by the name that the server's certificate is to have. */
  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** Does what may fail for a reason that only nginx knows. */
  async orShowLogs<T>(attempt: () => Promise<T>): Promise<T> {
    try {
      return await attempt();
    } catch (failure) {
      throw new Error(`it failed behind nginx${await this.tail()}`, { cause: failure });
    }
  }

  /** Ends nginx and removes its folder. */
  async discard(): Promise<void> {
    if (this.program.isRunning) {
      this.program.signal('SIGTERM');
      await this.program.waitForExit(PATIENCE_MS);
    }
    this.program.killGroup();
    await rm(this.folder, { recursive: true, force: true });
    release({ folder: this.folder });
  }

  /** Its workers are started when it has bound its port. */
  private async untilListening(): Promise<void> {
    await eventually(
      async () => {
        const log = await this.read('error.log');
        if (this.program.isRunning && !log.includes('start worker process'))
          throw new Error('nginx does not listen');
      },
      { timeoutMs: PATIENCE_MS, everyMs: 50 },
    );
    if (!this.program.isRunning) throw new Error('nginx has ended');
  }

  private read(log: string): Promise<string> {
    return readFile(join(this.folder, log), 'utf8').catch(() => '');
  }

  private async tail(): Promise<string> {
    const texts = LOGS.map(async (name) => {
      const text = await this.read(name);
      return `\n--- ${name}\n${text.trimEnd().split('\n').slice(-30).join('\n')}`;
    });
    return `${(await Promise.all(texts)).join('')}${this.program.tail()}`;
  }
}
