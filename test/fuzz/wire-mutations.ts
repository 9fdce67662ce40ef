import type { Chance } from './chance';
import type { Framing } from './request';

/** How bytes go out. */
export interface Sending {
  readonly pieces: readonly Buffer[];
  readonly framing: Framing;
  readonly requests: number;
}

/** A way to send what is bytes already. `next` is another sound request. */
interface WireMutation {
  readonly name: string;
  readonly send: (bytes: Buffer, chance: Chance, next: Buffer) => Sending;
}

function cut(bytes: Buffer, chance: Chance, times: number): Buffer[] {
  const places = Array.from({ length: times }, () => chance.below(bytes.length + 1)).sort((a, b) => a - b);
  return [0, ...places].map((from, n) => bytes.subarray(from, places[n] ?? bytes.length));
}

function flipped(bytes: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(bytes);
  for (let times = chance.between(1, 5); times > 0; times -= 1)
    copy[chance.below(copy.length)] = chance.below(256);
  return copy;
}

function headOf(bytes: Buffer): Buffer {
  return bytes.subarray(0, Math.max(0, bytes.indexOf('\r\n\r\n')));
}

const replaceVersion = (bytes: Buffer, version: string): Buffer =>
  Buffer.from(bytes.toString('latin1').replace('HTTP/1.1', version), 'latin1');

const GREETINGS: readonly Buffer[] = [
  Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00', 'latin1'),
  Buffer.from('16030100c8010000c40303', 'hex'),
  Buffer.from('SSH-2.0-fuzz\r\n'),
  Buffer.from('PROXY TCP4 1.2.3.4 127.0.0.1 1 2\r\n'),
  Buffer.from('\r\n\r\n\r\n'),
  Buffer.from('GET /\r\n\r\n'),
  Buffer.from('GET  / HTTP/1.1\r\n\r\n'),
  Buffer.from(' GET / HTTP/1.1\r\n\r\n'),
  Buffer.from('HTTP/1.1 200 OK\r\n\r\n'),
  Buffer.alloc(40),
];

const loose = (...pieces: Buffer[]): Sending => ({ pieces, framing: 'loose', requests: 1 });
const brokenOff = (...pieces: Buffer[]): Sending => ({ pieces, framing: 'broken-off', requests: 1 });

/** Only things that Node's own client would never do. */
export const WIRE_MUTATIONS: readonly WireMutation[] = [
  {
    name: 'wire: in pieces',
    send: (bytes, chance) => ({
      pieces: cut(bytes, chance, chance.between(1, 6)),
      framing: 'exact',
      requests: 1,
    }),
  },
  {
    name: 'wire: one after another',
    send: (bytes, _chance, next) => ({ ...loose(Buffer.concat([bytes, next])), requests: 2 }),
  },
  { name: 'wire: bytes flipped', send: (bytes, chance) => loose(flipped(bytes, chance)) },
  { name: 'wire: half of it', send: (bytes, chance) => loose(cut(bytes, chance, 1)[0] ?? bytes) },
  {
    // In the middle of the head, since a request that needs no body is whole with its head.
    name: 'wire: broken off',
    send: (bytes, chance) => brokenOff(...cut(headOf(bytes), chance, 2).slice(0, 2)),
  },
  {
    name: 'wire: version',
    send: (bytes, chance) =>
      loose(
        replaceVersion(bytes, chance.pick(['HTTP/1.0', 'HTTP/0.9', 'HTTP/2.0', 'HTTP/1.1 x', 'HTP/1.1', ''])),
      ),
  },
  {
    name: 'wire: line ends',
    send: (bytes, chance) =>
      loose(
        Buffer.from(
          bytes.toString('latin1').replaceAll('\r\n', chance.pick(['\n', '\r', '\r\r\n'])),
          'latin1',
        ),
      ),
  },
  {
    name: 'wire: empty lines first',
    send: (bytes, chance) => loose(Buffer.from('\r\n'.repeat(chance.between(1, 5))), bytes),
  },
  { name: 'wire: another protocol', send: (_bytes, chance) => loose(chance.pick(GREETINGS)) },
  { name: 'wire: noise', send: (_bytes, chance) => loose(chance.bytes(chance.between(1, 200))) },
  {
    name: 'wire: something behind',
    send: (bytes, chance) => loose(bytes, chance.bytes(chance.between(1, 30))),
  },
];
