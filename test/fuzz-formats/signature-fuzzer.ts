import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ContentHash } from '../../src/formats/cms/keys/content-digests';
import { readSignature } from '../../src/formats/cms/signature.reader';
import type { Chance } from '../fuzz/chance';
import { certificateAnchor, signedFile, trust } from '../support/signed';
import { cut, damaged } from './damage';
import type { FormatFuzzer, Spoilt } from './format-fuzzer';

const FOLDER = join(__dirname, '../fixtures/pki/cms');
const SIGNATURES = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.cms'))
  .map((name) => readFileSync(join(FOLDER, name)));
const SMALLEST = SIGNATURES.reduce((least, each) => (each.length < least.length ? each : least));
const CONTENT = signedFile('content.txt');
const TRUST = trust([certificateAnchor(signedFile('root.cert.pem'))]);

/** Signatures that stand beside their content, with the certificates in them, read and judged. */
export const signatureFuzzer: FormatFuzzer = {
  name: 'signature',
  share: 0.4,
  spoil: (chance, number) => wrapped(chance, spoiltSignature(chance, number)),
  read: async (bytes) => {
    const signature = readSignature(bytes);
    const digests = new ContentHash(signature.needs(TRUST.anchors)).update(CONTENT).digests();
    return (await signature.judge(digests, TRUST)).kind;
  },
};

function spoiltSignature(chance: Chance, number: number): Spoilt {
  const bytes = chance.pick(SIGNATURES);
  return chance.weighted<() => Spoilt>([
    [6, () => damaged(bytes, chance, chance.pick(SIGNATURES))],
    [2, () => cut(SMALLEST, number)],
    [3, () => lyingLength(bytes, chance)],
    [1, () => nested(chance)],
    [1, () => ({ how: 'any bytes', bytes: chance.bytes(chance.below(1200)) })],
  ])();
}

/** Of one element, wherever a length might stand: DER lies best about those. */
function lyingLength(bytes: Buffer, chance: Chance): Spoilt {
  const copy = Buffer.from(bytes);
  const at = chance.below(copy.length - 5);
  const lie = chance.pick(['80', '83ffffff', '84ffffffff', '8400000000', '00', '7f', '8180', '88ffffffff']);
  Buffer.from(lie, 'hex').copy(copy, at);
  return { how: 'lying length', bytes: copy };
}

/** Sequences in sequences, behind the beginning of a CMS or in place of it. */
function nested(chance: Chance): Spoilt {
  const head = chance.happens(0.5) ? SMALLEST.subarray(0, chance.below(60)) : Buffer.alloc(0);
  const levels = Buffer.alloc(
    2 * chance.pick([10, 1000, 30_000]),
    chance.pick(['3080', '3081', 'a080']),
    'hex',
  );
  return { how: 'nested elements', bytes: Buffer.concat([head, levels]) };
}

/** As OpenSSL and cosign write them. */
function wrapped(chance: Chance, { how, bytes }: Spoilt): Spoilt {
  const text = bytes.toString('base64');
  return chance.weighted<() => Spoilt>([
    [8, () => ({ how, bytes })],
    [1, () => ({ how: `${how}, in base64`, bytes: Buffer.from(text) })],
    [
      1,
      () => ({
        how: `${how}, in PEM`,
        bytes: Buffer.from(`-----BEGIN CMS-----\n${text}\n-----END CMS-----\n`),
      }),
    ],
  ])();
}
