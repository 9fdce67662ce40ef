/**
 * The server has broken a promise that a real client lives by. Thrown by the strict clients with the fact itself, so that
 * a failing test says what a device in the field would have choked on.
 */
export class Choke extends Error {
  constructor(client: string, fact: string) {
    super(`${client} chokes: ${fact}`);
    this.name = 'Choke';
  }
}

/** How a client complains. */
export type ChokeOn = (fact: string) => never;

/** Complains in the name of one client. */
export function chokeAs(client: string): ChokeOn {
  return (fact) => {
    throw new Choke(client, fact);
  };
}

/** What stands at the end of a path of names and positions; undefined when a part of the way is missing. */
export function at(root: unknown, ...path: readonly (string | number)[]): unknown {
  let here = root;
  for (const step of path) {
    if (typeof here !== 'object' || here === null) return undefined;
    here = (here as Readonly<Record<string | number, unknown>>)[step];
  }
  return here;
}
