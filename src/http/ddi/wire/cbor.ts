import type { TransformOptions } from 'node:stream';
import { decodeFirstSync, encodeOne, Tagged } from 'cbor';
import { UnreadableBodyError } from './ddi-error';

/** The deepest body of the contract has five levels. */
const MAX_DEPTH = 32;

/**
 * The library takes up to half a microsecond for each byte of a body that is nothing but small items, and everybody waits. The
 * largest sound body, attributes to the number that is read at all, has some 2 000.
 */
const MAX_ITEMS = 2500;
/** Bytes of the argument behind the initial byte of an item, by its lower five bits. */
const ARGUMENT_BYTES: Readonly<Record<number, number>> = { 24: 1, 25: 2, 26: 4, 27: 8 };

/** Left to itself the library makes dates, patterns and big numbers of the values that have these tags. */
const NO_TAGS = Object.fromEntries(Object.keys(Tagged.TAGS).map((tag) => [tag, (value: unknown) => value]));

/**
 * Above it the library returns the first part of what it encoded, without a word; its own default is 16 KiB. Nothing of
 * this size is set aside.
 */
const ENCODING: Parameters<typeof encodeOne>[1] & TransformOptions = { highWaterMark: 2 ** 30 };

/** The CBOR form of a JSON tree. */
export function cborOf(value: unknown): Buffer {
  return encodeOne(value, ENCODING);
}

/**
 * Reads one CBOR item, and nothing behind it, as the tree that `JSON.parse` would give for the same content: text keys only,
 * each once. What tags say of a value is passed over, the value counts. @throws UnreadableBodyError
 */
export function readCbor(bytes: Buffer): unknown {
  if (hasTooManyItems(bytes)) throw new UnreadableBodyError(`The body has more than ${MAX_ITEMS} values.`);
  let value: unknown;
  try {
    value = decodeFirstSync(bytes, { max_depth: MAX_DEPTH, preventDuplicateKeys: true, tags: NO_TAGS });
  } catch {
    throw new UnreadableBodyError('The body is not CBOR.');
  }
  return plain(value);
}

/** Counts in one pass without looking at what is in what; of broken bodies as far as they can be read. */
function hasTooManyItems(bytes: Buffer): boolean {
  let at = 0;
  for (let items = 0; at < bytes.length; items += 1) {
    if (items === MAX_ITEMS) return true;
    at += itemBytes(bytes, at);
  }
  return false;
}

/** Of a text or a byte string all of it; of a list, a map or a tag what stands before the items in it. */
function itemBytes(bytes: Buffer, at: number): number {
  const initial = bytes[at] ?? 0;
  const size = initial & 31;
  const argumentBytes = ARGUMENT_BYTES[size] ?? 0;
  const headBytes = 1 + argumentBytes;
  const isString = initial >> 5 === 2 || initial >> 5 === 3;
  if (!isString || at + headBytes > bytes.length) return headBytes;
  if (size < 24) return headBytes + size;
  // No string is longer than the body: what does not fit into six bytes need not be read exactly.
  if (argumentBytes === 8) return headBytes + bytes.readUIntBE(at + 3, 6);
  return argumentBytes === 0 ? headBytes : headBytes + bytes.readUIntBE(at + 1, argumentBytes);
}

function plain(value: unknown): unknown {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return value;
    case 'bigint':
      return Number(value);
    case 'undefined':
      return null;
    case 'object':
      return value === null ? null : plainObject(value);
    default:
      throw new UnreadableBodyError('The body holds something that JSON has no word for.');
  }
}

function plainObject(value: object): unknown {
  if (value instanceof Tagged) return plain(value.value);
  if (Array.isArray(value)) return value.map(plain);
  // As JSON.parse does, this makes an own property of `__proto__` too.
  return Object.fromEntries(entriesOf(value).map(([key, item]) => [key, plain(item)]));
}

/** The library makes a Map of what has a key other than a text, or the key `__proto__`. Byte strings come as buffers. */
function entriesOf(value: object): [string, unknown][] {
  if (Object.getPrototypeOf(value) === Object.prototype) return Object.entries(value);
  const entries: [unknown, unknown][] = value instanceof Map ? [...value] : [];
  if (!(value instanceof Map) || !entries.every(isNamed))
    throw new UnreadableBodyError('The body holds byte strings, or keys that are no text.');
  return entries.filter(isNamed);
}

function isNamed(entry: [unknown, unknown]): entry is [string, unknown] {
  return typeof entry[0] === 'string';
}
