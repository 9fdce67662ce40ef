import { FormatError } from '../format.error';
import type { CpioLimits } from './cpio-listener';
import { CpioReader } from './cpio.reader';

interface Entry {
  name: string;
  content?: string;
  magic?: string;
  declaredBytes?: number;
  checksum?: number;
}

function aMember({ name, content = '', magic = '070702', declaredBytes, checksum }: Entry): Buffer {
  const body = Buffer.from(content);
  const sum = [...body].reduce((total, byte) => total + byte, 0);
  const fields = [
    1,
    0o100644,
    0,
    0,
    1,
    0,
    declaredBytes ?? body.length,
    0,
    0,
    0,
    0,
    Buffer.byteLength(name) + 1,
  ];
  const check = checksum ?? (magic === '070702' ? sum : 0);
  const header = magic + [...fields, check].map((field) => field.toString(16).padStart(8, '0')).join('');
  return Buffer.concat([aligned(Buffer.from(`${header}${name}\0`)), aligned(body)]);
}

function aligned(bytes: Buffer): Buffer {
  return Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
}

function anArchive(...entries: Entry[]): Buffer {
  return Buffer.concat([...entries.map(aMember), aMember({ name: 'TRAILER!!!', checksum: 0 })]);
}

function read(bytes: Buffer, options: { keep?: number; chunk?: number; limits?: CpioLimits } = {}) {
  const heard: string[] = [];
  const reader = new CpioReader(
    {
      memberBegins: () => options.keep ?? 0,
      memberEnds: (member, content) =>
        void heard.push(`${member.name}@${member.offset}:${member.sizeBytes}=${content.toString()}`),
    },
    options.limits,
  );
  const step = options.chunk ?? (bytes.length || 1);
  for (let at = 0; at < bytes.length; at += step) reader.write(bytes.subarray(at, at + step));
  reader.end();
  return { heard, hasDataAfterTrailer: reader.hasDataAfterTrailer };
}

function refusal(run: () => unknown): FormatError {
  try {
    run();
  } catch (error) {
    if (error instanceof FormatError) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

const small = anArchive(
  { name: 'one', content: 'hello' },
  { name: 'empty' },
  { name: 'two', content: 'world!' },
);

describe('CpioReader', () => {
  it('tells name, size, offset and kept content of each member in order', () => {
    expect(read(small, { keep: 100 }).heard).toEqual(['one@0:5=hello', 'empty@124:0=', 'two@240:6=world!']);
  });

  it('keeps nothing unless asked', () => {
    expect(read(small).heard).toEqual(['one@0:5=', 'empty@124:0=', 'two@240:6=']);
  });

  it('gives the same result wherever the chunks are cut', () => {
    const whole = read(small, { keep: 100 });
    for (let chunk = 1; chunk <= small.length; chunk++)
      expect(read(small, { keep: 100, chunk })).toEqual(whole);
  });

  it('does not keep the memory of the chunks it was given', () => {
    const contents: string[] = [];
    const reader = new CpioReader({
      memberBegins: () => 100,
      memberEnds: (_member, content) => void contents.push(content.toString()),
    });
    for (const byte of small) {
      const chunk = Buffer.from([byte]);
      reader.write(chunk);
      chunk.fill(0xff);
    }
    reader.end();
    expect(contents).toEqual(['hello', '', 'world!']);
  });

  it('reads newc archives, which have no checksum', () => {
    expect(read(anArchive({ name: 'a', content: 'x', magic: '070701', checksum: 77 })).heard).toHaveLength(1);
  });

  it('refuses content that does not match its checksum', () => {
    const error = refusal(() => read(anArchive({ name: 'image', content: 'abc', checksum: 1 })));
    expect(error).toMatchObject({ member: 'image', offset: 0 });
    expect(error.message).toContain('checksum of the content is 0x00000126, the header says 0x00000001');
  });

  it('refuses each truncation before the end of the trailer and says where', () => {
    const end = small.length - 3;
    for (let length = 0; length < end; length++) {
      expect(refusal(() => read(small.subarray(0, length))).message).toMatch(/empty|ends|without/);
    }
    expect(read(small.subarray(0, end + 1)).heard).toHaveLength(3);
  });

  it('names the member in which an archive ends', () => {
    const error = refusal(() => read(small.subarray(0, 358)));
    expect(error.message).toBe(
      'two, byte 358: the archive ends inside this member, after 2 of 6 bytes. The file is cut short: build or send it again.',
    );
  });

  it('accepts zero padding after the trailer and notes anything else', () => {
    expect(read(Buffer.concat([small, Buffer.alloc(512)])).hasDataAfterTrailer).toBe(false);
    expect(read(Buffer.concat([small, Buffer.from('more')])).hasDataAfterTrailer).toBe(true);
  });

  it.each(['../x', 'a/../../x', '/etc/passwd', '\\x', 'C:\\x', 'a\\..\\x', ''])(
    'refuses the name %j',
    (name) => {
      expect(refusal(() => read(anArchive({ name, content: 'x' }))).message).toContain('the member name');
    },
  );

  it('accepts names below a folder and names with dots', () => {
    expect(read(anArchive({ name: './a/b..c/...' })).heard).toHaveLength(1);
  });

  it('refuses a name with a NUL inside', () => {
    expect(() => read(anArchive({ name: 'a\0b' }))).toThrow('does not end where its header says');
  });

  it.each([0, 5000, 0xffffffff])('refuses a name declared as %d bytes', (bytes) => {
    const archive = Buffer.from(small);
    archive.write(bytes.toString(16).padStart(8, '0'), 94);
    expect(() => read(archive)).toThrow(`a member name of ${bytes} bytes`);
  });

  it('takes no memory for a size that is only declared', () => {
    const before = process.memoryUsage().arrayBuffers;
    const archive = aMember({ name: 'big', content: 'x', declaredBytes: 0xffffffff });
    expect(() => read(archive, { keep: 2 ** 32 })).toThrow('after 4 of 4294967295 bytes');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000);
  });

  it('refuses a member larger than what is kept of it, before its content', () => {
    const archive = aMember({ name: 'big', declaredBytes: 101 });
    expect(() => read(archive, { keep: 100 })).toThrow('at most 100');
  });

  it('refuses more members than the limit', () => {
    const limits = { maxNameBytes: 10, maxMembers: 2 };
    expect(() => read(anArchive({ name: 'a' }, { name: 'b' }, { name: 'c' }), { limits })).toThrow(
      'more than 2 members',
    );
  });

  it('says what other kind of file it was given', () => {
    expect(() => read(Buffer.from('504b030414000000', 'hex'))).toThrow('a zip archive');
    expect(() => read(Buffer.concat([Buffer.from('1f8b0800', 'hex'), Buffer.alloc(200)]))).toThrow(
      'a gzip file',
    );
    expect(() => read(Buffer.from('070707'.padEnd(300, '0')))).toThrow('"odc"');
  });

  it('points at the member before when no header follows it', () => {
    const archive = Buffer.concat([aMember({ name: 'one', content: 'hi' }), Buffer.alloc(200, 'z')]);
    expect(refusal(() => read(archive)).message).toMatch(/after "one".*declared size/);
  });

  it('refuses a header field that is not hexadecimal', () => {
    const archive = Buffer.from(small);
    archive.write('-', 54);
    expect(refusal(() => read(archive))).toMatchObject({ offset: 54 });
  });

  it('refuses a trailer with content', () => {
    expect(() => read(aMember({ name: 'TRAILER!!!', content: 'x' }))).toThrow('trailer claims');
  });

  it('repeats its refusal when it is fed further', () => {
    const reader = new CpioReader({ memberBegins: () => 0, memberEnds: () => undefined });
    const first = refusal(() => reader.write(Buffer.alloc(200)));
    expect(refusal(() => reader.write(small))).toBe(first);
    expect(refusal(() => reader.end())).toBe(first);
  });
});
