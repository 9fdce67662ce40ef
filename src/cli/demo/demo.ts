import { UsageError } from '../simulator/arguments';
import { parseDemoWish, USAGE } from './arguments';
import { DemoServer } from './staging/demo-server';
import { choosePort, PortTakenError } from './staging/port';
import { pollSeconds } from './staging/sample-fleet';
import { Stage, type End } from './stage';
import { displayOn } from './drawing/terminal';

/** What the demo has to be given, since it is no part of the server. */
export interface Surroundings {
  /** The file with the server's program, for this same Node. */
  readonly program: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const LOOPBACK = '127.0.0.1';

/**
 * A server, a simulated fleet and a rollout between them, shown live. Exit codes: 0 all is well, 1 it is not, 2 the command
 * line made no sense, 130 it was interrupted although it was to come to an end.
 */
export async function runDemo({ program, argv, environment }: Surroundings): Promise<number> {
  try {
    const wish = parseDemoWish(argv, environment['ROOKERY_PORT']);
    if (wish === undefined) {
      console.log(USAGE);
      return 0;
    }
    const interruption = interrupted();
    // Without being told otherwise a demo is nobody else's business: it is not open to the network.
    const host = environment['ROOKERY_HOST'] || LOOPBACK;
    const { port, note } = await choosePort(wish.port, host);
    const spec = { program, environment, host, port, pollSeconds: pollSeconds(wish.devices) };
    const server = await DemoServer.start(spec);
    const display = displayOn(process.stdout, environment);
    return await new Stage({ wish, server, display, note }).perform(interruption);
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof PortTakenError)) throw error;
    console.error(error instanceof UsageError ? `${error.message}\n\n${USAGE}` : error.message);
    return error instanceof UsageError ? 2 : 1;
  }
}

function interrupted(): Promise<End> {
  return new Promise((resolve) => {
    const interrupt = (): void => resolve({ kind: 'interrupted' });
    // Not once: a second Ctrl-C must not end us before all is removed, which takes a moment at most.
    process.on('SIGINT', interrupt).on('SIGTERM', interrupt).on('SIGHUP', interrupt);
    // The window was closed, or the reader of the pipe has gone.
    process.stdout.on('error', interrupt);
  });
}
