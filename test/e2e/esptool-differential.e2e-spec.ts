import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findEspChip, listEspModels } from '../../src/formats/esp-image/esp-chip';
import { espFileKind } from '../../src/formats/esp-image/esp-file-kind';
import type { EspImage } from '../../src/formats/esp-image/esp-image';
import { EspImageReader } from '../../src/formats/esp-image/esp-image.reader';
import { FormatError } from '../../src/formats/format.error';
import { Chance } from '../fuzz/chance';
import { aDescription, aPartitionTable, anEspImage } from '../support/an-esp-image';
import { Esptool, type ImageWish, type ImageWord, type ToolChip } from './oracles/esptool';

jest.setTimeout(300_000);

const IMAGES_PER_CHIP = 8;
const DAMAGED = 4000;
const FLASH_PAGE = 0x10000;
/** Where the first segment of an image lies in its file, and so in its page of flash. */
const FIRST = 0x20;
const MODES = ['qio', 'qout', 'dio', 'dout'];
/** What a device refuses and esptool shows all the same. */
const STRICTER = /announces 0 segments|only multiples of 4|no chip fits|is no text|in memory alone/;

let folder: string;
let tool: Esptool;
let chips: readonly ToolChip[];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'esptool-e2e-'));
  tool = new Esptool();
  chips = tool.chips();
});

afterAll(() => rm(folder, { recursive: true, force: true }));

function read(bytes: Buffer, chunk = 65_536): EspImage {
  const reader = new EspImageReader();
  for (let at = 0; at < bytes.length; at += chunk) reader.write(bytes.subarray(at, at + chunk));
  return reader.end();
}

function verdict(bytes: Buffer): string {
  try {
    read(bytes);
    return 'accepted';
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
}

function aWish(chip: ToolChip, chance: Chance): ImageWish {
  const content = (most: number): Buffer => chance.bytes(chance.between(1, most));
  const version = chance.pick(['1.2.3', 'v0.9-12-gabcdef0-dirty', 'äöü', 'x'.repeat(32)]);
  const description = aDescription({
    ...{ version, project: chance.pick(['blinky', 'p'.repeat(31)]) },
    ...{ secureVersion: chance.below(40), elfSha256: chance.bytes(32) },
  });
  const least = chance.pick([0, 1, 100, 301]);
  const hasHash = chance.happens(0.7);
  return {
    chip: chip.model,
    mode: chance.below(MODES.length),
    sizeAndFrequency: chance.pick(chip.sizes) | chance.pick(chip.frequencies),
    entry: chip.memory + 4 * chance.below(1000),
    least,
    most: chance.pick([0, 399, 0xffff]),
    hasHash,
    ...(hasHash && chance.happens(0.3) && { securePad: '2' }),
    // Without a hash, esptool 5.6.0 writes this padding over the header.
    ...(hasHash && chance.happens(0.3) && { padTo: chance.pick([4096, 0x20000]) }),
    sections: [
      {
        name: '.flash.appdesc',
        address: chip.flash + FIRST,
        content: Buffer.concat([description, content(900)]),
      },
      {
        name: '.flash.rodata',
        address: chip.flash + FLASH_PAGE + FIRST + 4 * chance.below(99),
        content: content(3000),
      },
      { name: '.dram0.data', address: chip.memory, content: content(3000) },
      { name: '.dram0.more', address: chip.memory + 0x2000, content: content(50) },
    ].slice(0, chance.between(1, 4)),
  };
}

/** What esptool says, in our words. */
function ours(word: ImageWord): object {
  const { application } = word;
  const revision = (code: number): string => `v${Math.floor(code / 100)}.${code % 100}`;
  return {
    chip: word.chip.toLowerCase().replaceAll('-', ''),
    entryAddress: word.entry,
    flash: {
      mode: MODES[word.mode],
      frequencyMhz: Number.parseInt(word.frequency ?? '', 10),
      sizeBytes: Number.parseInt(word.size ?? '', 10) * 1024 * 1024,
    },
    revisions: {
      ...(word.least !== 0 && { least: revision(word.least) }),
      ...(word.most !== 0 && word.most !== 0xffff && { most: revision(word.most) }),
    },
    segments: word.segments.map(([address, sizeBytes, offset]) => ({ address, sizeBytes, offset })),
    ...(word.hash !== null && { sha256: word.hash }),
    application: application && {
      project: application['project_name'],
      version: application['version'],
      idfVersion: application['idf_ver'],
      builtOn: application['date'],
      builtAt: application['time'],
      secureVersion: application['secure_version'],
      elfSha256: application['app_elf_sha256'],
    },
  };
}

function isSound(word: ImageWord | string): boolean {
  return typeof word !== 'string' && word.isChecksumRight && word.isHashRight;
}

/** Bytes changed, or the end missing; sometimes so that the checksum still fits. */
function damaged(image: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(image);
  const flip = (at: number, bits: number): void => void (copy[at] = (copy[at] as number) ^ bits);
  const bits = chance.between(1, 255);
  chance.pick([
    () => flip(chance.below(24), bits),
    () => flip(chance.below(copy.length), bits),
    () => {
      flip(chance.between(40, 300), bits);
      flip(chance.between(301, 340), bits);
    },
    () => void copy.writeUInt32LE(chance.below(400), chance.pick([28, 356])),
    () => undefined,
  ])();
  return chance.happens(0.2) ? copy.subarray(0, chance.between(1, copy.length)) : copy;
}

it('our reader knows the chips that esptool knows', () => {
  expect(listEspModels().sort()).toEqual(chips.map(({ model }) => model).sort());
  for (const { model, id, bootloader } of chips)
    expect(findEspChip(id)).toMatchObject({ model, bootloaderOffset: bootloader });
});

it('our reader and esptool agree on images that esptool makes for all chips', () => {
  const chance = new Chance('esptool');
  const wishes = chips.flatMap((chip) => Array.from({ length: IMAGES_PER_CHIP }, () => aWish(chip, chance)));
  const images = tool.make(wishes.filter(({ least, most }) => most === 0 || least <= most));
  const words = tool.judge(images);
  images.forEach((image, at) => {
    const word = words[at];
    if (word === undefined || typeof word === 'string')
      throw new Error(`esptool refuses its own image: ${word}`);
    expect(isSound(word)).toBe(true);
    expect(espFileKind(image)).toBe('image');
    expect(read(image, chance.pick([13, 4096, 65_536]))).toMatchObject(ours(word));
  });
});

it('our reader and esptool refuse the same damaged images', () => {
  const chance = new Chance('damaged');
  const images = Array.from({ length: DAMAGED }, () => {
    const { id } = chance.pick(chips);
    return damaged(anEspImage({ chipId: id, hasHash: chance.happens(0.3), mostRevision: 399 }), chance);
  })
    // esptool takes an unknown chip, or another byte about the hash, for an ESP8266.
    .filter((image) => findEspChip(image.length < 24 ? 0 : image.readUInt16LE(12)) && (image[23] ?? 0) <= 1);
  const words = tool.judge(images);
  const differences = images.flatMap((image, at) => {
    const [mine, theirs] = [verdict(image), words[at] ?? ''];
    if ((mine === 'accepted') === isSound(theirs) || (isSound(theirs) && STRICTER.test(mine))) return [];
    // It decodes what stands behind the end of a text, which nobody else reads.
    if (typeof theirs === 'string' && theirs.startsWith('UnicodeDecodeError')) return [];
    return [`ours: ${mine}, theirs: ${JSON.stringify(theirs)}: ${image.toString('hex')}`];
  });
  expect(differences.slice(0, 5)).toEqual([]);
  const accepted = words.filter(isSound).length;
  expect(accepted).toBeGreaterThan(DAMAGED / 10);
  expect(accepted).toBeLessThan(DAMAGED * 0.9);
});

it('signatures of espsecure are counted, and merged images are refused', () => {
  const file = (name: string): string => join(folder, name);
  const write = (name: string, bytes: Buffer): string => {
    writeFileSync(file(name), bytes);
    return file(name);
  };
  const application = write('app.bin', anEspImage());
  tool.run('espsecure', 'generate-signing-key', '--version', '2', file('key.pem'));
  for (const blocks of [1, 2]) {
    const again = blocks === 1 ? [] : ['--append-signatures'];
    const [from, to] = [blocks === 1 ? application : file('1.bin'), file(`${blocks}.bin`)];
    tool.run(
      'espsecure',
      'sign-data',
      '--version',
      '2',
      '--keyfile',
      file('key.pem'),
      ...again,
      '--output',
      to,
      from,
    );
    expect(read(readFileSync(to))).toMatchObject({ secureBoot: 2, signatureBlocks: blocks, warnings: [] });
  }
  const [oldKey, old] = [file('old.pem'), file('old.bin')];
  tool.run('espsecure', 'generate-signing-key', '--version', '1', '--scheme', 'ecdsa256', oldKey);
  tool.run('espsecure', 'sign-data', '--version', '1', '--keyfile', oldKey, '--output', old, application);
  expect(read(readFileSync(old))).toMatchObject({ secureBoot: 1, warnings: [] });
  for (const { model, id, bootloader, memory } of chips) {
    const segments = [{ address: memory, content: Buffer.alloc(200, 1) }];
    const boot = write('boot.bin', anEspImage({ chipId: id, segments }));
    const places = [
      `0x${bootloader.toString(16)}`,
      boot,
      '0x8000',
      write('table.bin', aPartitionTable()),
      '0x10000',
      application,
    ];
    tool.run('esptool', '--chip', model, 'merge-bin', '--output', file('merged.bin'), ...places);
    const merged = readFileSync(file('merged.bin'));
    // What lies before the bootloader is left out of the file.
    expect(verdict(merged)).toMatch(/^byte 0: This is a merged flash image/);
  }
});
