import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { ProcessGroup, type ProgramExit } from './process-group';

const VERSION = '0.7.2';
/** With these the example compares what it has downloaded with each of the three sums that the server named. */
const FEATURES = ['hash-md5', 'hash-sha1', 'hash-sha256'];
const ROOT = join(homedir(), '.cache/rookery-e2e', `hawkbit-rs-${VERSION}`);
const PROGRAM = join(ROOT, 'bin/polling');
const TERM_PATIENCE_MS = 3_000;

/** Debian's cargo stands on the path, rustup's often only in the home of whoever installed it. */
function findCargo(): string {
  const own = join(homedir(), '.cargo/bin/cargo');
  return existsSync(own) ? own : 'cargo';
}

/**
 * Builds the example `polling` of the crate `hawkbit`, unmodified as it is published, unless that was done before: two
 * minutes. It needs the registry, a cargo of 1.86 or later and a C compiler; without them the tests fail.
 */
export async function buildHawkbitRs(): Promise<void> {
  if (existsSync(PROGRAM)) return;
  const what = ['install', 'hawkbit', '--version', VERSION, '--example', 'polling', '--locked', '--debug'];
  const how = ['--features', FEATURES.join(','), '--root', ROOT];
  try {
    await promisify(execFile)(findCargo(), [...what, ...how], { maxBuffer: 64 * 1024 * 1024 });
  } catch (failure) {
    throw new Error(`hawkbit-rs ${VERSION} cannot be built: is cargo there, 1.86 or later?`, {
      cause: failure,
    });
  }
}

/** What the example is told. */
export interface HawkbitRsOptions {
  readonly serverUrl: string;
  readonly controllerId: string;
  readonly targetToken: string;
}

/**
 * A device that runs the example `polling` of hawkbit-rs: it sends attributes when asked, downloads and checks what it
 * is offered, reports that as success, and agrees to each cancel. The first error ends it; what it has of a file stays,
 * and the next start asks for the rest.
 */
export class HawkbitRsDevice {
  private program: ProcessGroup | undefined;
  private folder: string | undefined;

  constructor(private readonly options: HawkbitRsOptions) {}

  /** What it wrote since its last start: each answer that it read among it. */
  get log(): string {
    return this.program?.output ?? '';
  }

  async start(): Promise<void> {
    const { serverUrl, controllerId, targetToken } = this.options;
    this.folder ??= await mkdtemp(join(tmpdir(), 'hawkbit-rs-'));
    this.program = await ProcessGroup.start({
      command: PROGRAM,
      args: [serverUrl, controllerId, targetToken],
      cwd: this.folder,
      env: { PATH: '/usr/bin:/bin' },
    });
  }

  async waitForLog(pattern: string | RegExp, timeoutMs = 20_000): Promise<void> {
    await this.program?.waitForOutput(pattern, timeoutMs);
  }

  /** Waits for it to give up; undefined when it goes on. */
  async waitForExit(timeoutMs = 20_000): Promise<ProgramExit | undefined> {
    return this.program?.waitForExit(timeoutMs);
  }

  /** A file that it has downloaded; modules have a folder each. */
  async downloaded(fileName: string): Promise<Buffer> {
    const folder = join(this.folder ?? '', 'download');
    const paths = await readdir(folder, { recursive: true });
    const [path, ...others] = paths.filter((one) => basename(one) === fileName);
    if (path === undefined || others.length > 0)
      throw new Error(`${fileName} is not once among ${paths.join(', ')}`);
    return readFile(join(folder, path));
  }

  /** Switches it off; its files stay. */
  async halt(): Promise<void> {
    this.program?.killGroup();
    await this.program?.waitForExit(TERM_PATIENCE_MS);
  }

  async stop(): Promise<void> {
    await this.halt();
    if (this.folder !== undefined) await rm(this.folder, { recursive: true, force: true });
    this.folder = undefined;
  }
}
