/** A certificate and its key, as paths of PEM files. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** How a device proves who it is: swupdate takes one of the two tokens, never both, or a certificate. */
export type DeviceCredential =
  | { readonly gatewayToken: string }
  | { readonly targetToken: string }
  | { readonly certificate: CertificateFiles };

/** What goes into the configuration file of one device. */
export interface SwupdateSettings {
  readonly serverUrl: string;
  readonly tenant: string;
  readonly controllerId: string;
  readonly credential: DeviceCredential;
  readonly pollSeconds: number;
  /** How often a broken download is resumed, a second after the other. */
  readonly retries: number;
  /** Which authorities sign servers, as a PEM file; else those of the system do. */
  readonly caFile?: string | undefined;
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

function credentialLines(credential: DeviceCredential): string {
  if ('gatewayToken' in credential) return `gatewaytoken = ${quoted(credential.gatewayToken)};`;
  if ('targetToken' in credential) return `targettoken = ${quoted(credential.targetToken)};`;
  const { certFile, keyFile } = credential.certificate;
  return `sslcert = ${quoted(certFile)};
  sslkey = ${quoted(keyFile)};`;
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
  const caLine = settings.caFile === undefined ? '' : `cafile = ${quoted(settings.caFile)};`;
  return `globals : {
  verbose = true;
  loglevel = 5;
};
suricatta : {
  tenant = ${quoted(settings.tenant)};
  id = ${quoted(settings.controllerId)};
  url = ${quoted(settings.serverUrl)};
  ${credentialLines(settings.credential)}
  ${caLine}
  polldelay = ${settings.pollSeconds};
  retry = ${settings.retries};
  retrywait = "1";
  initial-report-resend-period = 1;
};
identify : (
${identify}
);
`;
}
