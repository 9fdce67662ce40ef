import { foldCase } from './folded-text';

/** The properties of a subject that hold such a value, or nothing. */
type PropertyOf<Subject, Value> = {
  [K in keyof Subject]-?: Subject[K] extends Value | undefined ? K : never;
}[keyof Subject];

interface Named {
  /** As messages write it; letter case does not count. */
  readonly name: string;
  readonly aliases?: readonly string[];
  /** The field of a row, as SQL: trusted text, never what somebody sent. */
  readonly sql: string;
}

export type TextField<Subject> = Named & {
  readonly type: 'text';
  readonly property: PropertyOf<Subject, string>;
  /** All that it can be, where that is a short list: another word is then a mistake and not just no match. */
  readonly words?: readonly string[];
};

/** Any number of texts, `text[]` in SQL: it is like something when one of them is. */
export type TextsField<Subject> = Named & {
  readonly type: 'texts';
  readonly property: PropertyOf<Subject, readonly string[]>;
};

/** Texts by names that nobody knows beforehand, `jsonb` in SQL, asked for as `field.name`. */
export type KeyedTextField<Subject> = Named & {
  readonly type: 'keyed-text';
  readonly property: PropertyOf<Subject, Readonly<Record<string, string>>>;
};

/** Numbers are compared as doubles, instants (`timestamptz`) as milliseconds, whatever else they could hold. */
export type ScalarField<Subject> = Named &
  (
    | { readonly type: 'number'; readonly property: PropertyOf<Subject, number> }
    | { readonly type: 'instant'; readonly property: PropertyOf<Subject, Date> }
    | { readonly type: 'flag'; readonly property: PropertyOf<Subject, boolean> }
  );

/** Something that filters can ask for: how a row says it and, under `property`, how an object does. */
export type Field<Subject> =
  TextField<Subject> | TextsField<Subject> | KeyedTextField<Subject> | ScalarField<Subject>;

/** A field as a filter names it; with a key when it is one of many. */
export interface NamedField<Subject> {
  readonly field: Field<Subject>;
  readonly key: string;
}

/** All fields of one kind of thing. */
export class Catalogue<Subject> {
  private readonly byName = new Map<string, Field<Subject>>();

  constructor(private readonly fields: readonly Field<Subject>[]) {
    for (const field of fields) {
      for (const name of [field.name, ...(field.aliases ?? [])]) {
        if (this.byName.has(foldCase(name))) throw new Error(`two fields are called ${name}`);
        this.byName.set(foldCase(name), field);
      }
    }
  }

  find(written: string): NamedField<Subject> | undefined {
    const field = this.byName.get(foldCase(written));
    if (field !== undefined) return field.type === 'keyed-text' ? undefined : { field, key: '' };
    const dot = written.indexOf('.');
    const keyed = dot < 0 ? undefined : this.byName.get(foldCase(written.slice(0, dot)));
    const key = foldCase(written.slice(dot + 1));
    return keyed?.type === 'keyed-text' && key !== '' ? { field: keyed, key } : undefined;
  }

  /** For a person: each field once, with its aliases left out. */
  names(): string[] {
    return this.fields
      .map(({ name, type }) => (type === 'keyed-text' ? `${name}.<name>` : name))
      .sort((a, b) => a.localeCompare(b, 'en'));
  }
}
