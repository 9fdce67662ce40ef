import type { Expectation, LinkName, Links, Piece } from './contract-case';
import { hashOf } from './content';
import { faultsOf, isRecord, show } from './match';
import type { Scene } from './scene';
import type { Answer } from './transport';

/** Which links a poll is judged by: those of actions always, configData only when the case names it. */
const ACTION_LINKS = ['deploymentBase', 'confirmationBase', 'cancelAction', 'installedBase'] as const;
/** Links that carry a mark in a query, which changes with the action. */
const MARKED: readonly LinkName[] = ['deploymentBase', 'confirmationBase'];

/** What is wrong with an answer; empty when it is as the case expects. `deviceUrl`: what its links begin with. */
export function faultsOfAnswer(
  scene: Scene,
  answer: Answer,
  expected: Expectation,
  deviceUrl: string,
): string[] {
  return [
    ...faultsOf(answer.status, expected.status, 'exact', 'status'),
    ...faultsOfHeaders(answer, expected.headers ?? {}),
    ...faultsOfTree(answer, expected),
    ...faultsOfBytes(scene, answer, expected),
    ...(expected.links === undefined ? [] : faultsOfLinks(answer.tree(), expected.links, deviceUrl)),
  ];
}

function faultsOfHeaders(answer: Answer, expected: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(expected).flatMap(([name, value]) => {
    const wanted = value === null ? { $absent: true } : typeof value === 'number' ? String(value) : value;
    return faultsOf(answer.headers[name.toLowerCase()], wanted, 'exact', name);
  });
}

function faultsOfTree(answer: Answer, { body, has }: Expectation): string[] {
  const faults: string[] = [];
  if (body !== undefined) faults.push(...faultsOf(answer.tree(), body, 'exact', 'body'));
  if (has !== undefined) faults.push(...faultsOf(answer.tree(), has, 'partial', 'body'));
  return faults;
}

function faultsOfBytes(scene: Scene, answer: Answer, expected: Expectation): string[] {
  const faults: string[] = [];
  if (expected.empty === true && answer.body.length > 0)
    faults.push(`the body is not empty: ${answer.describe()}`);
  if (expected.text !== undefined)
    faults.push(...faultsOf(answer.body.toString('utf8'), expected.text, 'exact', 'text'));
  if (expected.bytes !== undefined)
    faults.push(...faultsOfPieces(answer.body, bytesOf(scene, expected.bytes)));
  if (expected.sha256 !== undefined)
    faults.push(...faultsOf(hashOf('sha256', answer.body), expected.sha256, 'exact', 'sha256 of the body'));
  return faults;
}

/** The bytes that a list of pieces makes, one behind the other. */
function bytesOf(scene: Scene, pieces: readonly Piece[]): Buffer {
  return Buffer.concat(
    pieces.map((piece) => {
      if (typeof piece === 'string') return Buffer.from(piece, 'latin1');
      const content = scene.file(piece.of);
      return content.subarray(Number(piece.from ?? 0), Number(piece.to ?? content.length - 1) + 1);
    }),
  );
}

function faultsOfPieces(actual: Buffer, expected: Buffer): string[] {
  if (actual.equals(expected)) return [];
  const first = actual.findIndex((byte, index) => byte !== expected[index]);
  const where = first < 0 ? Math.min(actual.length, expected.length) : first;
  const around = (bytes: Buffer): string => show(bytes.subarray(where, where + 40).toString('latin1'));
  return [
    `the body has ${actual.length} bytes, expected ${expected.length}; from byte ${where} on it is ${around(actual)}, ` +
      `expected ${around(expected)}`,
  ];
}

function faultsOfLinks(tree: unknown, links: Links, deviceUrl: string): string[] {
  const shown = isRecord(tree) && isRecord(tree['_links']) ? tree['_links'] : {};
  const names: LinkName[] = [
    ...ACTION_LINKS,
    ...(links.configData === undefined ? [] : (['configData'] as const)),
  ];
  return names.flatMap((name) =>
    faultsOf(shown[name], linkOf(name, links[name], deviceUrl), 'exact', `_links.${name}`),
  );
}

function linkOf(name: LinkName, wanted: string | boolean | null | undefined, deviceUrl: string): unknown {
  if (wanted === undefined || wanted === null || wanted === false) return { $absent: true };
  const href = wanted === true ? `${deviceUrl}/${name}` : `${deviceUrl}/${name}/${wanted}`;
  if (!MARKED.includes(name)) return { href };
  const escaped = href.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return { href: { $match: `^${escaped}(\\?c=-?\\d+)?$` } };
}
