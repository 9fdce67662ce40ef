import type { Client } from './client';

/** What a client can do, as far as it bears on what its device may be offered. */
export interface ClientProfile {
  /** Files in one release at most, over all of its modules; undefined: any number. */
  readonly mostArtifacts: number | undefined;
  /** The only module type that it installs. */
  readonly moduleType: string | undefined;
  /** How the names of the files end that it installs; it passes over others, and fails when none is left. */
  readonly fileEnding: string | undefined;
  readonly largestBytes: number | undefined;
  /** Links that are longer it cannot follow. */
  readonly longestLink: number | undefined;
  /**
   * Whether it understands `update: skip`: may download and then wait for its maintenance window, or not install at all. One
   * that does not takes it for "installed" or for "install now".
   */
  readonly holdsInstall: boolean;
  /** When it reports success: RAUC's updater before its device boots into the new system, others after. */
  readonly reportsSuccess: 'before-reboot' | 'after-reboot';
  /**
   * Whether it sends its attributes by itself after each start, and then nothing unasked until the next. After its success,
   * which it reports at a start too and before them, such a report says what came up: SWUpdate's first loop after a start is due
   * to send them, whatever the poll says, and only the link makes it send them again.
   */
  readonly reportsAtStart: boolean;
  /** Whether it answers a cancel: some never do once they are past the download. */
  readonly answersCancel: 'always' | 'until-installed';
  /** Whether it can ask the device's user for his consent (confirmationBase). */
  readonly asksConsent: boolean;
  /**
   * For what it may be sent elsewhere. RAUC, when it streams, asks once and then reads all other parts from the address that it
   * was sent to, however long the installation takes; a file that it gets in one piece it may be sent to.
   */
  readonly followsRedirects: 'always' | 'for-whole-files' | 'never';
}

/** The contract's word: hawkBit's own idea of a client, which can do everything. */
const CONTRACT: ClientProfile = {
  mostArtifacts: undefined,
  moduleType: undefined,
  fileEnding: undefined,
  largestBytes: undefined,
  longestLink: undefined,
  holdsInstall: true,
  reportsSuccess: 'before-reboot',
  reportsAtStart: false,
  answersCancel: 'always',
  asksConsent: true,
  followsRedirects: 'always',
};

const INT32 = 2 ** 31 - 1;
const UINT32 = 2 ** 32 - 1;

/** What the clients' sources and traces show; ddi-spec/clients.md tells where each is from. */
const PROFILES: Readonly<Record<Client, ClientProfile>> = {
  swupdate: {
    ...CONTRACT,
    fileEnding: '.swu',
    holdsInstall: false,
    reportsSuccess: 'after-reboot',
    reportsAtStart: true,
    asksConsent: false,
  },
  rauc: {
    ...CONTRACT,
    mostArtifacts: 1,
    answersCancel: 'until-installed',
    asksConsent: false,
    followsRedirects: 'for-whole-files',
  },
  zephyr: {
    ...CONTRACT,
    mostArtifacts: 1,
    moduleType: 'application',
    largestBytes: INT32,
    longestLink: 199,
    holdsInstall: false,
    reportsSuccess: 'after-reboot',
    answersCancel: 'until-installed',
    asksConsent: false,
    followsRedirects: 'never',
  },
  // One `.bin` for the application partition; it waits for its window with the image ready.
  esp: {
    ...CONTRACT,
    mostArtifacts: 1,
    largestBytes: INT32,
    reportsSuccess: 'after-reboot',
    asksConsent: false,
  },
  // A library: whether the program around it looks at `update` is not known, so it is not relied on.
  'hawkbit-rs': { ...CONTRACT, largestBytes: UINT32, holdsInstall: false, asksConsent: false },
  unknown: CONTRACT,
};

export function profileOf(client: Client): ClientProfile {
  return PROFILES[client];
}
