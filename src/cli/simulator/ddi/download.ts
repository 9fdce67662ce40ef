import { createHash, type Hash } from 'node:crypto';
import type { DdiAnswer, DdiClient } from './ddi-client';
import type { FaultPlan } from '../fault';
import type { OfferedArtifact } from './wire';

/** A file on a device's disk, as far as it came: its bytes are kept as what they hash to. */
export class PartialFile {
  readonly hash: Hash;
  bytes = 0;
  /** With If-Range: the rest must be of the same file. */
  etag: string | undefined;

  constructor(
    readonly url: string,
    readonly algorithm: 'sha1' | 'sha256',
  ) {
    this.hash = createHash(algorithm);
  }

  write(chunk: Buffer): void {
    this.hash.update(chunk);
    this.bytes += chunk.length;
  }

  isWhole(artifact: OfferedArtifact): boolean {
    return this.bytes === artifact.sizeBytes && this.hash.copy().digest('hex') === artifact[this.algorithm];
  }
}

/** How a client downloads. */
export interface Fetching {
  readonly artifact: OfferedArtifact;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly algorithm: 'sha1' | 'sha256';
  /** Asks for the rest with Range after a cut; a client that does not has failed then. */
  readonly resumes: boolean;
  readonly usesIfRange?: boolean;
  readonly tries: number;
  readonly plan: FaultPlan;
  /** What an earlier try left on the disk. */
  readonly file: PartialFile | undefined;
  readonly pause: () => Promise<void>;
  readonly signal?: AbortSignal;
}

/** How a download went; `file` is what is on the disk now. */
export interface Fetched {
  readonly kind: 'whole' | 'cut' | 'refused' | 'corrupt' | 'aborted' | 'lost-power';
  readonly status: number;
  readonly file: PartialFile;
  /** A file was asked for from its beginning and came: the server counts that as work on the action. */
  readonly cameFromStart: boolean;
}

/** Downloads a file as `fetching` says, with the cuts and losses of power that its plan has in store. */
export async function fetchFile(client: DdiClient, fetching: Fetching): Promise<Fetched> {
  const losesPower = fetching.plan.strikes('power-loss', 'downloading');
  let file = fileOnDisk(fetching);
  let cameFromStart = false;
  for (let triesLeft = fetching.resumes ? fetching.tries : 1; ; triesLeft -= 1) {
    if (!fetching.resumes) file = newFile(fetching);
    const isRange = file.bytes > 0;
    const { status } = await request(client, fetching, file, losesPower);
    if (!isRange) cameFromStart ||= status === 200;
    const kind = losesPower ? 'lost-power' : kindOf(fetching, file, { status, isRange });
    if (kind !== 'cut' || triesLeft <= 1) return { kind, status, file, cameFromStart };
    await fetching.pause();
  }
}

/** How one try ended. */
function kindOf(
  { artifact, signal }: Fetching,
  file: PartialFile,
  { status, isRange }: { status: number; isRange: boolean },
): Fetched['kind'] {
  if (signal?.aborted === true) return 'aborted';
  if (file.bytes >= artifact.sizeBytes) return file.isWhole(artifact) ? 'whole' : 'corrupt';
  switch (status) {
    case 0:
    case 206:
      return 'cut';
    // To a Range it says that this is another file, and so does a 416 before the end.
    case 200:
      return isRange ? 'corrupt' : 'cut';
    case 416:
      return 'corrupt';
    default:
      return 'refused';
  }
}

async function request(
  client: DdiClient,
  fetching: Fetching,
  file: PartialFile,
  losesPower: boolean,
): Promise<DdiAnswer> {
  const { url, signal } = fetching;
  const answer = await client.download(
    { method: 'GET', url, headers: { ...fetching.headers, ...rangeOf(fetching, file) } },
    {
      write: (chunk) => file.write(chunk),
      stopAfterBytes: stopAfter(fetching, file, losesPower),
      signal,
    },
  );
  file.etag ??= answer.headers.etag;
  return answer;
}

function rangeOf({ usesIfRange }: Fetching, file: PartialFile): Record<string, string> {
  if (file.bytes === 0) return {};
  const range = { Range: `bytes=${file.bytes}-` };
  return usesIfRange === true && file.etag !== undefined ? { ...range, 'If-Range': file.etag } : range;
}

/** After how many more bytes the line is cut. */
function stopAfter({ plan, artifact }: Fetching, file: PartialFile, losesPower: boolean): number | undefined {
  const rest = artifact.sizeBytes - file.bytes;
  if (rest < 2) return undefined;
  if (losesPower) return Math.max(1, Math.floor(rest * plan.shareOf('power-loss')));
  return plan.cutsDownload() ? Math.max(1, Math.floor(rest * plan.shareOf('cut'))) : undefined;
}

function fileOnDisk(fetching: Fetching): PartialFile {
  return fetching.file?.url === fetching.url ? fetching.file : newFile(fetching);
}

function newFile({ url, algorithm }: Fetching): PartialFile {
  return new PartialFile(url, algorithm);
}
