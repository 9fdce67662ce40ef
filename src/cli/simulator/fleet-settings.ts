import type { FaultRates } from './fault';
import type { ProfileName, ProfileShares } from './profile-shares';

/** How a simulated fleet is made. */
export interface FleetOptions {
  /** Of the server, or of several instances of one: then each device asks them in turn, and none that lets nobody in. */
  readonly url: string | readonly string[];
  readonly gatewayToken: string;
  readonly devices: number;
  readonly tenant?: string | undefined;
  readonly seed?: number | undefined;
  /** Devices are called `<prefix>-00001` and so on. */
  readonly prefix?: string | undefined;
  readonly profiles?: ProfileShares | undefined;
  readonly faults?: FaultRates | undefined;
  /** Instead of the sleep that the server tells. */
  readonly pollMs?: number | undefined;
  /** Devices download, install and reboot so many times faster. */
  readonly timeScale?: number | undefined;
  readonly maxSockets?: number | undefined;
  /** Each report carries a line of its own in its details, which real clients do not send. */
  readonly marksReports?: boolean | undefined;
  /** What the devices are, and the version that they run at first. */
  readonly model?: string | undefined;
  readonly revision?: string | undefined;
  readonly version?: string | undefined;
}

/** The options with every default filled in. */
export type FleetSettings = Given<Required<Omit<FleetOptions, 'url' | 'pollMs'>>> & {
  readonly urls: readonly string[];
  readonly pollMs: number | undefined;
};

export const DEFAULT_SHARES: Readonly<Record<ProfileName, number>> = {
  swupdate: 40,
  rauc: 30,
  zephyr: 10,
  esp: 20,
};

export function fleetSettings({ url, ...options }: FleetOptions): FleetSettings {
  const urls = typeof url === 'string' ? [url] : url;
  return {
    tenant: 'DEFAULT',
    seed: 1,
    prefix: 'sim',
    profiles: DEFAULT_SHARES,
    faults: {},
    timeScale: 1,
    maxSockets: 256,
    marksReports: false,
    model: 'simulated',
    revision: '1.0',
    version: '1.0.0',
    ...withoutUndefined(options),
    urls: urls.map((one) => one.replace(/\/+$/, '')),
    pollMs: options.pollMs,
  };
}

type Given<T> = { readonly [K in keyof T]: Exclude<T[K], undefined> };

function withoutUndefined<T extends object>(options: T): Given<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Given<T>;
}
