/** What devices read of the server's answers; everything else they ignore. */
export interface Links {
  readonly deploymentBase?: string | undefined;
  readonly cancelAction?: string | undefined;
  readonly configData?: string | undefined;
}

export interface PollAnswer {
  readonly sleepMs: number;
  readonly links: Links;
}

export interface OfferedArtifact {
  readonly fileName: string;
  readonly sizeBytes: number;
  readonly sha1: string;
  readonly sha256: string;
  /** What SWUpdate, RAUC's updater and our agent take. */
  readonly href: string;
  /** What Zephyr takes, and only that. */
  readonly httpHref: string;
}

export interface Chunk {
  readonly name: string;
  readonly version: string;
  readonly artifacts: readonly OfferedArtifact[];
}

export interface Deployment {
  readonly id: string;
  readonly download: string;
  readonly update: string;
  readonly chunks: readonly Chunk[];
}

/** The server said something that no client can read. */
export class MalformedAnswerError extends Error {}

/** @throws MalformedAnswerError unless sleep is `HH:MM:SS`, on which SWUpdate and Zephyr insist */
export function parsePoll(text: string): PollAnswer {
  const body = json(text);
  const sleep = textAt(body, ['config', 'polling', 'sleep']);
  const match = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d)$/.exec(sleep);
  if (match === null) throw new MalformedAnswerError(`sleep is ${sleep}`);
  const [hours, minutes, seconds] = match.slice(1).map(Number) as [number, number, number];
  return { sleepMs: ((hours * 60 + minutes) * 60 + seconds) * 1000, links: linksOf(body) };
}

function linksOf(body: unknown): Links {
  const href = (name: string): string | undefined => {
    const link = at(body, ['_links', name, 'href']);
    return typeof link === 'string' ? link : undefined;
  };
  return {
    deploymentBase: href('deploymentBase'),
    cancelAction: href('cancelAction'),
    configData: href('configData'),
  };
}

/** @throws MalformedAnswerError when something is missing that one of the clients needs */
export function parseDeployment(text: string): Deployment {
  const body = json(text);
  const id = textAt(body, ['id']);
  if (!/^[1-9]\d{0,9}$/.test(id) || Number(id) > 2 ** 31 - 1)
    throw new MalformedAnswerError(`the id is ${id}`);
  return {
    id,
    download: textAt(body, ['deployment', 'download']),
    update: textAt(body, ['deployment', 'update']),
    chunks: listAt(body, ['deployment', 'chunks']).map(chunkOf),
  };
}

function chunkOf(chunk: unknown): Chunk {
  textAt(chunk, ['part']);
  return {
    name: textAt(chunk, ['name']),
    version: textAt(chunk, ['version']),
    artifacts: listAt(chunk, ['artifacts']).map(artifactOf),
  };
}

function artifactOf(artifact: unknown): OfferedArtifact {
  const sizeBytes = at(artifact, ['size']);
  if (typeof sizeBytes !== 'number') throw new MalformedAnswerError('size is missing');
  return {
    fileName: textAt(artifact, ['filename']),
    sizeBytes,
    sha1: textAt(artifact, ['hashes', 'sha1']),
    sha256: textAt(artifact, ['hashes', 'sha256']),
    href: textAt(artifact, ['_links', 'download', 'href']),
    httpHref: textAt(artifact, ['_links', 'download-http', 'href']),
  };
}

/** @throws MalformedAnswerError */
export function parseStopId(text: string): string {
  return textAt(json(text), ['cancelAction', 'stopId']);
}

/** The action that a link is about. */
export function actionIdIn(href: string): string {
  return /\/(\d+)(?:\?.*)?$/.exec(href)?.[1] ?? '';
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MalformedAnswerError('the body is not JSON');
  }
}

function at(value: unknown, path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, name) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[name] : undefined,
    value,
  );
}

function textAt(value: unknown, path: readonly string[]): string {
  const found = at(value, path);
  if (typeof found !== 'string') throw new MalformedAnswerError(`${path.join('.')} is missing`);
  return found;
}

function listAt(value: unknown, path: readonly string[]): unknown[] {
  const found = at(value, path);
  if (!Array.isArray(found)) throw new MalformedAnswerError(`${path.join('.')} is missing`);
  return found as unknown[];
}
