/** What a process was started with: names and their texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** For a program that starts another one with settings of its own: a copy, which nobody else changes. */
export function inheritedEnvironment(environment: Environment = process.env): Environment {
  return Object.freeze({ ...environment });
}
