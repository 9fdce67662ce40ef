/** Bytes of a member's name and content are padded to. */
const ALIGNMENT = 4;
/** An ordinary file that everybody may read. */
const MODE = 0o100_644;

/**
 * A small, unsigned .swu of one image: what a server has to see to take it for one, and SWUpdate's simulated devices to take it
 * at all. Members are written as cpio's `crc` format has them (see cpio(5)).
 */
export function sampleBundle(version: string, image: Buffer): Buffer<ArrayBuffer> {
  const description = `software = {
  version = "${version}";
  hardware-compatibility: [ "#RE:.*" ];
  images: ( { filename = "image.bin"; device = "/dev/null"; } );
};
`;
  return Buffer.concat([
    member('sw-description', Buffer.from(description), 1),
    member('image.bin', image, 2),
    member('TRAILER!!!', Buffer.alloc(0), 0),
  ]);
}

function member(name: string, content: Buffer, inode: number): Buffer {
  const checksum = content.reduce((sum, byte) => (sum + byte) >>> 0, 0);
  const [links, size, nameSize] = [1, content.length, name.length + 1];
  const fields = [inode, MODE, 0, 0, links, 0, size, 0, 0, 0, 0, nameSize, inode === 0 ? 0 : checksum];
  const header = `070702${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`;
  return Buffer.concat([padded(Buffer.from(header)), padded(content)]);
}

function padded(bytes: Buffer): Buffer {
  const rest = bytes.length % ALIGNMENT;
  return rest === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(ALIGNMENT - rest)]);
}
