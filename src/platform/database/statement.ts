/**
 * A statement whose parameters have names, `$tenantId` rather than `$1`: for those that have too many to be counted. Written
 * once, when the module is loaded.
 */
export class Statement<Values extends object> {
  readonly text: string;
  private readonly names: readonly (keyof Values)[];

  constructor(named: string) {
    const names: string[] = [];
    this.text = named.replace(/\$([a-z]\w*)/gi, (_parameter, name: string) => {
      if (!names.includes(name)) names.push(name);
      return `$${names.indexOf(name) + 1}`;
    });
    this.names = names as (keyof Values)[];
  }

  /** In the order of the text's parameters. */
  values(values: Values): unknown[] {
    return this.names.map((name) => values[name]);
  }
}
