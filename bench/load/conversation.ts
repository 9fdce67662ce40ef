import type { Answer } from './answer';

/** A GET that is answered by 200 bytes, a report (or the names of many devices) that is answered by none, the artifact. */
export type RawRequest = 'get' | 'post' | 'names' | 'file';

/**
 * What one connection says: yields whole HTTP requests, is given each answer, and throws when an answer is wrong, since
 * the speed of wrong answers is of no interest. Being a generator it can also walk through a whole update.
 */
export type Conversation = Generator<string, void, Answer | undefined>;

/** What every conversation of a round is told. */
export interface Topic {
  readonly port: number;
  readonly devices: number;
  /** Of the artifact that the devices may fetch, and the bare server's file. */
  readonly artifactBytes: number;
  readonly gatewayToken: string;
  /** Of an operator. */
  readonly apiToken: string;
  /** The first number that nobody has taken yet, for units that a device can go through only once. */
  readonly next: number;
  /** Only for the bare server: the requests that make a unit. */
  readonly raw: readonly RawRequest[];
  /** How many units one request brings about. */
  readonly unitsPerRequest: number;
}

/** What the conversations of a round share. */
export interface Round {
  readonly topic: Topic;
  /** Says that a unit is over, or several that one answer brought; called between the last answer and the next request. */
  readonly closeUnit: (units?: number) => void;
  /** A number that nobody has had. */
  readonly takeNumber: () => number;
}
