import { at, chokeAs } from './choke';
import { ZEPHYR_CLIENT } from './zephyr-socket';

const choke = chokeAs(ZEPHYR_CLIENT);

/** Its buffers: a whole link, and the part of it that names an action. */
const HREF_ROOM = 200;
const PIECE_ROOM = 50;
const MOST_INT = 2_147_483_647;
/** `strtol` and a printed number: nothing but digits comes out as it went in. */
const POSITIVE = /^[1-9]\d{0,9}$/;

/** A deployment as the board understands it. */
export interface ZephyrDeployment {
  readonly id: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Of its link it takes only the path: it knows one server. */
  readonly path: string;
}

/** In seconds. */
export function zephyrSleep(root: unknown): number {
  const sleep = at(root, 'config', 'polling', 'sleep');
  if (typeof sleep !== 'string' || sleep.length !== 8)
    return choke(`config.polling.sleep is ${JSON.stringify(sleep)}, not 8 characters`);
  const parts = /^(\d\d):(\d\d):(\d\d)$/.exec(sleep);
  if (parts === null) return choke(`config.polling.sleep is ${sleep}, not HH:MM:SS`);
  const [hours = 0, minutes = 0, seconds = 0] = parts.slice(1).map(Number);
  return (hours * 60 + minutes) * 60 + seconds;
}

/** What a link leads to, as far as the board's buffers hold it; undefined without such a link. */
export function zephyrLink(root: unknown, relation: string): string | undefined {
  const link = at(root, '_links', relation);
  return link === undefined ? undefined : href(at(link, 'href'), relation);
}

/** The id in the link of an action, and what the board appends to its own address to get there. */
export function actionIn(link: string, relation: string): { readonly id: string; readonly piece: string } {
  const piece = link.slice(link.indexOf(`/${relation}/`) + 1);
  if (piece.length >= PIECE_ROOM) choke(`${piece} does not fit into ${PIECE_ROOM} characters`);
  const id = piece.split(/[/?]/)[1] ?? '';
  return { id: idOf(id, `the link ${relation}`), piece };
}

export function readZephyrDeployment(root: unknown, home: string): ZephyrDeployment {
  const id = idOf(at(root, 'id'), 'the deployment');
  const chunk = only(at(root, 'deployment', 'chunks'), 'chunks');
  const part = at(chunk, 'part');
  if (part !== 'bApp') choke(`the chunk's part is ${JSON.stringify(part)}, and it knows only bApp`);
  const artifact = only(at(chunk, 'artifacts'), 'artifacts');
  const sha256 = at(artifact, 'hashes', 'sha256');
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256))
    return choke(`hashes.sha256 is ${JSON.stringify(sha256)}`);
  const sizeBytes = at(artifact, 'size');
  if (!Number.isInteger(sizeBytes) || Number(sizeBytes) <= 0 || Number(sizeBytes) > MOST_INT)
    choke(`size is ${JSON.stringify(sizeBytes)}`);
  const link = href(at(artifact, '_links', 'download-http', 'href'), 'download-http');
  return { id, sizeBytes: Number(sizeBytes), sha256, path: pathBelow(link, home) };
}

/** It looks for the tenant as it writes it itself, and takes the link from there on. */
function pathBelow(link: string, home: string): string {
  const start = link.indexOf(`${home}/`);
  return start < 0 ? choke(`the link ${link} does not hold ${home}, letter by letter`) : link.slice(start);
}

function href(value: unknown, relation: string): string {
  if (typeof value !== 'string') return choke(`the link ${relation} is missing`);
  if (value.length >= HREF_ROOM)
    return choke(
      `the link ${relation} has ${value.length} characters, and ${HREF_ROOM} is too many: ${value}`,
    );
  return value;
}

function idOf(value: unknown, where: string): string {
  if (typeof value !== 'string' || !POSITIVE.test(value) || Number(value) > MOST_INT)
    return choke(`the id in ${where} is ${JSON.stringify(value)}, not a positive int32 as text`);
  return value;
}

function only(list: unknown, what: string): unknown {
  if (!Array.isArray(list) || list.length !== 1)
    return choke(`it takes one of the ${what}, and there are ${Array.isArray(list) ? list.length : 'none'}`);
  return list[0];
}
