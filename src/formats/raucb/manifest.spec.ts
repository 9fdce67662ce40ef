import { FormatError } from '../format.error';
import { readManifest, readVerity } from './manifest';

const HASH = 'AB'.repeat(32);
const IMAGE = `[image.rootfs]\nfilename=r.img\nsha256=${HASH}\nsize=9\n`;
const UPDATE = '[update]\ncompatible=b\nversion=1\n';

const read = (text: string) => readManifest(Buffer.from(text));

function refusal(text: string, reader: (text: Buffer) => unknown = readManifest): string {
  try {
    reader(Buffer.from(text));
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('readManifest', () => {
  it('reads all that it knows', () => {
    expect(
      read(
        `${UPDATE}description=d\\se\nbuild=7\n[bundle]\nformat=verity\n[hooks]\nfilename=h.sh\nhooks=install-check;\n` +
          `[image.rootfs.rev1.2]\nfilename=r.img\nsha256=${HASH}\nsize=9\nversion=3\nhooks=post-install;\n`,
      ),
    ).toEqual({
      compatible: 'b',
      version: '1',
      description: 'd e',
      build: '7',
      format: 'verity',
      hooks: { filename: 'h.sh', names: ['install-check'] },
      images: [
        {
          slotClass: 'rootfs',
          variant: 'rev1.2',
          filename: 'r.img',
          sha256: HASH.toLowerCase(),
          sizeBytes: 9,
          version: '3',
          hooks: ['post-install'],
        },
      ],
      warnings: [],
    });
  });

  it.each([
    [
      'names no version',
      `[update]\ncompatible=b\n${IMAGE}`,
      'The manifest names no version, so the form has to.',
    ],
    [
      'has a compatible with a blank behind it',
      `[update]\ncompatible=b \nversion=1\n${IMAGE}`,
      'The compatible ends in blanks; devices compare it letter by letter, blanks included.',
    ],
    ['installs nothing', UPDATE, 'Nothing is listed to install: there is no image.'],
    [
      'has settings that not every RAUC knows',
      `${UPDATE}colour=red\n${IMAGE}fur=1\n[strange]\na=b\n[meta.mine]\nc=d\nc=e\n`,
      'Unknown settings, for which some versions of RAUC refuse a bundle: "[update] colour", "[image.rootfs] fur", "[strange]".',
    ],
  ])('warns when a manifest %s', (_, text, warning) => {
    expect(read(text).warnings).toEqual([warning]);
  });

  it.each([
    ['', 'there is no group [update], which names the compatible and the version.'],
    [
      '[update]\nversion=1\n',
      '[update] has no compatible. Set it to the name that the systems have in system.conf.',
    ],
    [`${UPDATE}version=2\n`, 'line 4, column 9: [update] sets "version" a second time. Set it once.'],
    [
      `${UPDATE}[bundle]\nformat=zip\n`,
      'line 5, column 8: the format is "zip"; RAUC knows plain, verity and crypt.',
    ],
    [
      `${UPDATE}[image.a]\nfilename=x\n`,
      'line 5, column 10: [image.a] has a filename but no sha256. Let `rauc bundle` compute it.',
    ],
    [`${UPDATE}[image.a]\nsha256=12\n`, 'line 5, column 8: "12" is no SHA-256: 64 hexadecimal digits.'],
    [`${UPDATE}[image.a]\nsize=-1\n`, 'line 5, column 6: "-1" is no number of bytes.'],
    [
      `${UPDATE}[image.a]\nsize=99999999999999999999\n`,
      'line 5, column 6: "99999999999999999999" is no number of bytes.',
    ],
    [
      `${UPDATE}[image.a]\nfilename=../../etc/x\n`,
      'line 5, column 10: "../../etc/x" leads out of the bundle. Name a file that is in it.',
    ],
    [
      `${UPDATE}[image.a]\nfilename=/etc/x\n`,
      'line 5, column 10: "/etc/x" leads out of the bundle. Name a file that is in it.',
    ],
    [
      `${UPDATE}${IMAGE}hooks=pre-install\n`,
      'line 8, column 7: [image.rootfs] has hooks, but [hooks] has no filename of a program to run for them.',
    ],
  ])('refuses %j', (text, message) => {
    expect(refusal(text)).toBe(message);
  });
});

describe('readVerity', () => {
  const bundle = (size: string) =>
    `[bundle]\nverity-hash=${HASH}\nverity-salt=${HASH}\nverity-size=${size}\n`;

  it('reads the hash tree', () => {
    const hash = HASH.toLowerCase();
    expect(readVerity(Buffer.from(bundle('8192')))).toEqual({ hash, salt: hash, sizeBytes: 8192 });
  });

  it.each([
    ['', '[bundle] lacks verity-hash, verity-salt or verity-size, which `rauc bundle` adds.'],
    [bundle('5'), 'line 4, column 13: a hash tree of 5 bytes is impossible; blocks have 4096.'],
    [bundle('0'), 'line 4, column 13: a hash tree of 0 bytes is impossible; blocks have 4096.'],
    ['[bundle]\nverity-hash=zz\n', 'line 2, column 13: "zz" is no SHA-256: 64 hexadecimal digits.'],
  ])('refuses %j', (text, message) => {
    expect(refusal(text, readVerity)).toBe(message);
  });
});
