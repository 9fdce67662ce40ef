import { randomBytes } from 'node:crypto';
import { SecretBox } from './secret-box';
import { SecretKeyError } from './secrets.errors';

describe('SecretBox', () => {
  const box = new SecretBox(randomBytes(32));
  const purpose = { tenantId: '7', what: 'a test' };

  it.each([[''], ['hunter2'], ['p\u00e4ssw\u00f6rd \u{1f511}'], ['x'.repeat(10_000)]])(
    'opens what it sealed: %s',
    (text) => {
      expect(box.open(box.seal(text, purpose), purpose)).toBe(text);
    },
  );

  it('seals the same secret in another way each time, and shows nothing of it', () => {
    const sealed = box.seal('hunter2', purpose);
    expect(sealed.equals(box.seal('hunter2', purpose))).toBe(false);
    expect(sealed.includes('hunter2')).toBe(false);
  });

  it.each([
    [{ tenantId: '8', what: 'a test' }],
    [{ tenantId: '7', what: 'another' }],
    [{ tenantId: '', what: '7a test' }],
  ])('opens it for nothing else: %j', (other) => {
    expect(() => box.open(box.seal('hunter2', purpose), other)).toThrow(/sealed for something else/);
  });

  it('notices every changed, missing or added byte', () => {
    const sealed = box.seal('hunter2', purpose);
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(() => box.open(changed, purpose)).toThrow(SecretKeyError);
    }
    for (let length = 0; length < sealed.length; length += 1)
      expect(() => box.open(sealed.subarray(0, length), purpose)).toThrow(SecretKeyError);
    expect(() => box.open(Buffer.concat([sealed, Buffer.alloc(1)]), purpose)).toThrow(SecretKeyError);
  });

  it('says which key is missing, and no key', () => {
    const key = randomBytes(32);
    const other = new SecretBox(key);
    const text = ((): string => {
      try {
        return other.open(box.seal('hunter2', purpose), purpose);
      } catch (error) {
        return String(error);
      }
    })();
    expect(text).toContain(`was sealed with key ${box.keyId.toString('hex')}`);
    expect(text).toContain('ROOKERY_SECRET_KEY');
    expect(text).not.toContain('hunter2');
    expect(text).not.toContain(key.toString('hex'));
    expect(text).not.toContain(key.toString('base64'));
  });

  it('takes keys of 32 bytes alone', () => {
    expect(() => new SecretBox(randomBytes(16))).toThrow(SecretKeyError);
  });
});
