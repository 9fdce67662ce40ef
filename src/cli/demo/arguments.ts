import { parseArgs } from 'node:util';
import { scale, UsageError, whole } from '../simulator/arguments';

/** What the command line asks of the demo. */
export interface DemoWish {
  readonly devices: number;
  /** `undefined`: the server's default, or a free one when that is taken. */
  readonly port: number | undefined;
  readonly seed: number;
  readonly timeScale: number;
  /** Ends after the verdict instead of staying for a look around. */
  readonly isOnce: boolean;
}

export const USAGE = `Usage: npm start -- --demo [options]

A server of its own, a fleet of simulated devices and a rollout, drawn while it runs. It lives in a temporary
folder, touches no other data, and Ctrl-C stops and removes all of it.

  --devices <number>     default 300
  --port <number>        default ROOKERY_PORT, or else 8080, or else a free one
  --seed <number>        the same seed gives the same devices the same faults (default 1)
  --time-scale <number>  devices install and reboot so many times faster (default 1.5)
  --once                 end when the rollout is over: 0 when server and devices agree, 1 when not
`;

const OPTIONS = {
  demo: { type: 'boolean' },
  devices: { type: 'string' },
  port: { type: 'string' },
  seed: { type: 'string' },
  'time-scale': { type: 'string' },
  once: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

/** One laptop plays server, database and fleet. */
const MOST_DEVICES = 5000;

/** `undefined`: only help was asked for. @throws UsageError */
export function parseDemoWish(argv: readonly string[], chosenPort: string | undefined): DemoWish | undefined {
  const values = valuesOf(argv);
  if (values.help) return undefined;
  return {
    devices: whole('devices', values.devices, MOST_DEVICES) ?? 300,
    port: portOf('--port', values.port) ?? portOf('ROOKERY_PORT', chosenPort),
    seed: whole('seed', values.seed, 2 ** 31) ?? 1,
    timeScale: scale(values['time-scale']) ?? 1.5,
    isOnce: values.once,
  };
}

function valuesOf(
  argv: readonly string[],
): ReturnType<typeof parseArgs<{ options: typeof OPTIONS }>>['values'] {
  try {
    return parseArgs({ options: OPTIONS, args: [...argv] }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

function portOf(name: string, text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535)
    throw new UsageError(`${name} must be a port from 0 to 65535, not ${text}`);
  return port;
}
