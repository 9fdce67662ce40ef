import { der, unsignedCms } from '../../../test/support/raucb-bundle';
import { FormatError } from '../format.error';
import { readCms } from './cms';

const ENVELOPED = Buffer.from('2a864886f70d010703', 'hex');
const SIGNED = Buffer.from('2a864886f70d010702', 'hex');

function refusal(cms: Buffer): string {
  try {
    readCms(cms);
  } catch (error) {
    if (error instanceof FormatError) return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('readCms', () => {
  it('finds the content that a signature encloses', () => {
    const content = Buffer.from('[update]\n'.repeat(100));
    expect(readCms(unsignedCms(content))).toEqual({ kind: 'enclosed', content });
  });

  it('sees that a signature is detached', () => {
    expect(readCms(unsignedCms())).toEqual({ kind: 'detached' });
  });

  it('sees that it is encrypted', () => {
    expect(readCms(der(0x30, der(0x06, ENVELOPED), der(0xa0, der(0x30))))).toEqual({ kind: 'enveloped' });
  });

  it.each<[string, Buffer, string]>([
    ['nothing', Buffer.alloc(0), 'byte 0: the sequence that is the CMS is missing.'],
    [
      'another tag',
      Buffer.from('hello'),
      'byte 0: the sequence that is the CMS should stand here, but the tag is 0x68.',
    ],
    ['an open length', Buffer.from('30800000', 'hex'), 'byte 0: a length is left open, as DER forbids.'],
    ['a length of 9 bytes', Buffer.from('308901', 'hex'), 'byte 0: a length of 9 bytes is declared.'],
    ['a length cut short', Buffer.from('308201', 'hex'), 'byte 3: it is cut short.'],
    [
      'too large a length',
      Buffer.from('3084ffffffff', 'hex'),
      'byte 0: 4294967295 bytes are declared, but 0 are left.',
    ],
    ['bytes behind it', Buffer.concat([unsignedCms(), Buffer.alloc(3)]), 'byte 37: 3 bytes follow the CMS.'],
    ['an empty sequence', der(0x30), 'byte 2: the type of the CMS is missing.'],
    [
      'another type',
      der(0x30, der(0x06, Buffer.from([42])), der(0xa0)),
      'byte 2: the type is neither signed-data nor enveloped-data.',
    ],
    ['no content', der(0x30, der(0x06, SIGNED)), 'byte 13: the signed content is missing.'],
    [
      'a large tag',
      der(0x30, der(0x06, SIGNED), der(0xa0, der(0x30, Buffer.from('0201013100300206003f0100', 'hex')))),
      'byte 26: a tag like 0x3f does not occur in a CMS.',
    ],
  ])('refuses %s', (_, cms, message) => {
    expect(refusal(cms)).toBe(message);
  });

  it('refuses 200 000 nested sequences without going into them', () => {
    const nested = Buffer.alloc(400_000, Buffer.from('3080', 'hex'));
    expect(refusal(nested)).toBe('byte 0: a length is left open, as DER forbids.');
  });
});
