import { execFileSync, spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** A chip as esptool knows it; addresses and codes are those of its image header. */
export interface ToolChip {
  readonly model: string;
  readonly id: number;
  readonly flash: number;
  readonly memory: number;
  readonly sizes: readonly number[];
  readonly frequencies: readonly number[];
  readonly bootloader: number;
}

export interface Section {
  readonly name: string;
  readonly address: number;
  readonly content: Buffer;
}

/** An image that esptool is asked to make. */
export interface ImageWish {
  readonly chip: string;
  readonly mode: number;
  readonly sizeAndFrequency: number;
  readonly entry: number;
  readonly least: number;
  readonly most: number;
  readonly hasHash: boolean;
  /** Pads for a signature of secure boot 1 or 2. */
  readonly securePad?: '1' | '2';
  readonly padTo?: number;
  readonly sections: readonly Section[];
}

/** What esptool says of an image that it can read. */
export interface ImageWord {
  readonly chip: string;
  readonly entry: number;
  readonly mode: number;
  readonly segments: readonly (readonly [address: number, sizeBytes: number, offset: number])[];
  readonly least: number;
  readonly most: number;
  readonly isChecksumRight: boolean;
  readonly hash: string | null;
  readonly isHashRight: boolean;
  readonly frequency: string | null;
  readonly size: string | null;
  readonly application: Readonly<Record<string, string | number>> | null;
}

/** Espressif's own tool, in the version that the tests are pinned to. */
export class Esptool {
  private readonly programs: string;

  /** Installs it, if this user has not got it yet. */
  constructor() {
    const script = join(__dirname, '../support/install-esptool.sh');
    this.programs = execFileSync(script, { encoding: 'utf8', timeout: 300_000 }).trim();
  }

  chips(): readonly ToolChip[] {
    return (this.ask([{ chips: true }])[0] as { chips: ToolChip[] }).chips;
  }

  make(wishes: readonly ImageWish[]): Buffer[] {
    const lines = wishes.map(({ sections, ...wish }) => ({
      make: {
        ...wish,
        sections: sections.map((each) => ({ ...each, content: each.content.toString('base64') })),
      },
    }));
    return this.ask(lines).map((word) => {
      const { image, error } = word as { image?: string; error?: string };
      if (image === undefined) throw new Error(`esptool makes no image: ${error}`);
      return Buffer.from(image, 'base64');
    });
  }

  /** What it says of each image; a text is the error with which it gave up. */
  judge(images: readonly Buffer[]): (ImageWord | string)[] {
    const lines = images.map((image) => ({ judge: image.toString('base64') }));
    return this.ask(lines).map((word) => {
      const { error } = word as { error?: string };
      return error ?? (word as ImageWord);
    });
  }

  /** Runs one of its programs as a person would. */
  run(program: 'esptool' | 'espsecure', ...args: readonly string[]): string {
    return execFileSync(join(this.programs, program), args, {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  private ask(lines: readonly object[]): unknown[] {
    const { status, stdout, stderr, error } = spawnSync(
      join(this.programs, 'python'),
      [join(__dirname, 'esptool-oracle.py')],
      {
        input: lines.map((line) => `${JSON.stringify(line)}\n`).join(''),
        maxBuffer: 2 ** 30,
        encoding: 'utf8',
      },
    );
    if (status !== 0) throw new Error(`esptool failed: ${error?.message ?? stderr}`);
    return stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
  }
}
