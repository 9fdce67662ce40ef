/** A kind of module. Its key is the `part` of a chunk on the wire, by which a device knows what to do with it. */
export interface ModuleType {
  readonly key: string;
  readonly name: string;
  readonly description: string;
  /** How many modules of this type one release may have; undefined: any number. */
  readonly maxPerRelease: number | undefined;
  readonly createdAt: Date;
}

/** What may be changed about a module type; its key stays, since releases have it. `null`: any number. */
export interface ModuleTypeChange {
  readonly name?: string | undefined;
  readonly description?: string | undefined;
  readonly maxPerRelease?: number | null | undefined;
}

/** As the table demands, and not a dot or two, which URLs drop. */
export const MODULE_TYPE_KEY = /^(?!\.{1,2}$)[A-Za-z0-9_.-]{1,64}$/;
export const MAX_PER_RELEASE_BOUNDS = { min: 1, max: 100 };
/** A tenant has a handful; nothing breaks at this many, but nobody would find anything. */
export const MAX_MODULE_TYPES = 200;
