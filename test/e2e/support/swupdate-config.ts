/** How a device proves who it is: swupdate takes one of the two, never both. */
export type DeviceCredential = { readonly gatewayToken: string } | { readonly targetToken: string };

/** What goes into the configuration file of one device. */
export interface SwupdateSettings {
  readonly serverUrl: string;
  readonly tenant: string;
  readonly controllerId: string;
  readonly credential: DeviceCredential;
  readonly pollSeconds: number;
  /** Attributes of configData; swupdate sends them in reverse. */
  readonly identify: Readonly<Record<string, string>>;
}

/** swupdate copies each string of its suricatta section into a buffer of 128 bytes, and cuts it silently. */
const MAX_STRING_BYTES = 127;

function quoted(text: string): string {
  if (Buffer.byteLength(text) > MAX_STRING_BYTES) {
    throw new Error(`swupdate would cut this setting after ${MAX_STRING_BYTES} bytes: ${text}`);
  }
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
}

function credentialLine(credential: DeviceCredential): string {
  return 'gatewayToken' in credential
    ? `gatewaytoken = ${quoted(credential.gatewayToken)};`
    : `targettoken = ${quoted(credential.targetToken)};`;
}

/**
 * swupdate.cfg (libconfig) of a device in suricatta mode.
 *
 * The retry times are short because their defaults (resume after 5 s, report again after 10 s) would make
 * each test that cuts a connection wait. `retrywait` has to be a string: this version ignores the number of
 * its own example. `polldelay` holds only until the first answer, then the server's sleep wins; it is what
 * keeps a device whose server is down from waiting the 45 s default.
 */
export function swupdateConfig(settings: SwupdateSettings): string {
  const identify = Object.entries(settings.identify)
    .map(([name, value]) => `  { name = ${quoted(name)}; value = ${quoted(value)}; }`)
    .join(',\n');
  return `globals : {
  verbose = true;
  loglevel = 5;
};
suricatta : {
  tenant = ${quoted(settings.tenant)};
  id = ${quoted(settings.controllerId)};
  url = ${quoted(settings.serverUrl)};
  ${credentialLine(settings.credential)}
  polldelay = ${settings.pollSeconds};
  retry = 5;
  retrywait = "1";
  initial-report-resend-period = 1;
};
identify : (
${identify}
);
`;
}
