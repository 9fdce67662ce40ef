import type { Answer } from './answer';

/**
 * What one connection says: yields whole HTTP requests, is given each answer, and throws when an answer is wrong, since
 * the speed of wrong answers is of no interest. Being a generator it can also walk through a whole update.
 */
export type Conversation = Generator<string, void, Answer | undefined>;

/** What every conversation of a round is told. */
export interface Topic {
  readonly devices: number;
  readonly gatewayToken: string;
  readonly port: number;
}
