import { Catalogue } from '../../src/platform/rsql/field';

/** Something with a field of each type, for tests of filters as such. */
export interface Thing {
  readonly name: string | undefined;
  readonly kind: string;
  readonly tags: readonly string[];
  readonly labels: Readonly<Record<string, string>>;
  readonly size: number | undefined;
  readonly seenAt: Date | undefined;
  readonly isOn: boolean | undefined;
}

export function aThing(changes: Partial<Thing> = {}): Thing {
  return {
    name: undefined,
    kind: 'small',
    tags: [],
    labels: {},
    size: undefined,
    seenAt: undefined,
    isOn: undefined,
    ...changes,
  };
}

export const THINGS = new Catalogue<Thing>([
  { name: 'name', aliases: ['id'], type: 'text', property: 'name', sql: 't.name' },
  { name: 'kind', type: 'text', property: 'kind', sql: 't.kind', words: ['small', 'Large'] },
  { name: 'tag', type: 'texts', property: 'tags', sql: 't.tags' },
  { name: 'label', type: 'keyed-text', property: 'labels', sql: 't.labels' },
  { name: 'size', type: 'number', property: 'size', sql: 't.size' },
  { name: 'seenAt', type: 'instant', property: 'seenAt', sql: 't.seen_at' },
  { name: 'on', type: 'flag', property: 'isOn', sql: 't.is_on' },
]);
