/** What a DDI resource can be sent as, the default first (contract 1.1). */
const REPRESENTATIONS = ['application/hal+json', 'application/json', 'application/cbor'] as const;
export type Representation = (typeof REPRESENTATIONS)[number];

/** What known clients send, so that nearly every poll is spared the reading: RAUC's updater names a charset. */
const FREQUENT: ReadonlyMap<string | undefined, Representation> = new Map([
  [undefined, 'application/hal+json'],
  ['', 'application/hal+json'],
  ['*/*', 'application/hal+json'],
  ['application/json', 'application/json'],
  ['application/json;charset=UTF-8', 'application/json'],
]);

/** One member of an Accept header. */
interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/** How much a representation is wanted: compared member by member, the greater first. */
type Rank = readonly [quality: number, specificity: number, earliness: number];

/**
 * Chooses by the Accept header: what has the highest quality, then what is named most exactly, then first; undefined means
 * 406. For each representation the most exact member speaks, so that quality 0 excludes it beside a wildcard. Other
 * parameters are ignored.
 */
export function chooseRepresentation(accept: string | undefined): Representation | undefined {
  return FREQUENT.get(accept) ?? chooseAmong((accept ?? '').split(',').map(mediaRange));
}

function chooseAmong(ranges: readonly MediaRange[]): Representation | undefined {
  let chosen: Representation | undefined;
  let best: Rank = [0, 0, 0];
  for (const representation of REPRESENTATIONS) {
    const rank = rankOf(representation, ranges);
    if (rank === undefined || !isGreater(rank, best)) continue;
    chosen = representation;
    best = rank;
  }
  return chosen;
}

function mediaRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';');
  return { type: type.trim().toLowerCase(), quality: qualityIn(parameters) };
}

/** A quality that cannot be read counts as if none were given. */
function qualityIn(parameters: readonly string[]): number {
  for (const parameter of parameters) {
    const [name = '', value = ''] = parameter.split('=', 2);
    if (name.trim().toLowerCase() !== 'q') continue;
    const quality = value.trim() === '' ? NaN : Number(value);
    return quality >= 0 && quality <= 1 ? quality : 1;
  }
  return 1;
}

/** Undefined when the header does not ask for it, or with quality 0. */
function rankOf(representation: Representation, ranges: readonly MediaRange[]): Rank | undefined {
  for (const [index, name] of [representation, 'application/*', '*/*'].entries()) {
    const position = ranges.findIndex((range) => range.type === name);
    const range = ranges[position];
    if (range === undefined) continue;
    return range.quality === 0 ? undefined : [range.quality, -index, -position];
  }
  return undefined;
}

function isGreater(one: Rank, other: Rank): boolean {
  const place = one[0] !== other[0] ? 0 : one[1] !== other[1] ? 1 : 2;
  return one[place] > other[place];
}
