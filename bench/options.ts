import { parseArgs } from 'node:util';

/** How a scenario is run; each has its own defaults for what is left out. */
export interface BenchOptions {
  readonly devices: number | undefined;
  readonly seconds: number;
  readonly rounds: number;
  readonly connections: number;
  /** Where the result is written. */
  readonly json: string | undefined;
  /** Other builds' `main.js`, to be measured in the same run. */
  readonly against: readonly string[];
  /** Where V8 leaves a CPU profile of the server. */
  readonly profile: string | undefined;
}

export const USAGE = `npm run bench -- <scenario> [options]

  --devices N       size of the fleet
  --seconds N       length of a round (10)
  --rounds N        rounds that count, after one that does not (3)
  --connections N   keep-alive connections of the load generator (64)
  --json FILE       where the result goes (bench/results/<scenario>.json)
  --against FILE    main.js of another build, measured in turns with this one on the same database; repeatable
  --profile FOLDER  leave a V8 CPU profile of the server there (makes it slower)
`;

/** @throws TypeError about an option that there is not, Error about one that is no whole number. */
export function parseOptions(args: readonly string[]): {
  scenario: string | undefined;
  options: BenchOptions;
} {
  const text = { type: 'string' } as const;
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      devices: text,
      seconds: { ...text, default: '10' },
      rounds: { ...text, default: '3' },
      connections: { ...text, default: '64' },
      json: text,
      against: { ...text, multiple: true, default: [] },
      profile: text,
    },
  });
  const options = {
    devices: values.devices === undefined ? undefined : count('devices', values.devices),
    seconds: count('seconds', values.seconds),
    rounds: count('rounds', values.rounds),
    connections: count('connections', values.connections),
    json: values.json,
    against: values.against,
    profile: values.profile,
  };
  return { scenario: positionals[0], options };
}

function count(name: string, text: string): number {
  if (!/^[1-9]\d{0,7}$/.test(text))
    throw new Error(`--${name} must be a whole number above 0, not "${text}"`);
  return Number(text);
}
