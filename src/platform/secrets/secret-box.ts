import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { SecretKeyError } from './secrets.errors';

/** Whose secret it is and what for. A sealed secret opens only for the words that it was sealed with. */
export interface SecretPurpose {
  readonly tenantId: string;
  readonly what: string;
}

const KEY_BYTES = 32;
const FORMAT = 1;
const ID_BYTES = 4;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const HEADER_BYTES = 1 + ID_BYTES + NONCE_BYTES + TAG_BYTES;

/**
 * Seals what the server has to know again later, unlike a password of its own (AES-256-GCM). Layout: format, id of the key,
 * nonce, tag, ciphertext. A nonce is 96 random bits: one key is good for 2^32 secrets.
 */
export class SecretBox {
  /** Says with which key something was sealed, and nothing about the key. */
  readonly keyId: Buffer;
  private readonly key: Buffer;

  constructor(key: Buffer) {
    if (key.length !== KEY_BYTES) throw new SecretKeyError('has the wrong length: 32 bytes are needed');
    this.key = key;
    this.keyId = createHash('sha256').update('rookery key id').update(key).digest().subarray(0, ID_BYTES);
  }

  seal(text: string, purpose: SecretPurpose): Buffer {
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.key, nonce);
    cipher.setAAD(bytesOf(purpose));
    const sealed = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([Buffer.from([FORMAT]), this.keyId, nonce, cipher.getAuthTag(), sealed]);
  }

  /** @throws SecretKeyError */
  open(sealed: Buffer, purpose: SecretPurpose): string {
    if (sealed.length < HEADER_BYTES || sealed[0] !== FORMAT) throw new SecretKeyError('is in no known form');
    const keyId = SecretBox.keyIdOf(sealed);
    if (!keyId.equals(this.keyId)) {
      const [was, is] = [keyId.toString('hex'), this.keyId.toString('hex')];
      throw new SecretKeyError(`was sealed with key ${was}, but this server's key is ${is}`);
    }
    const [nonceAt, tagAt] = [1 + ID_BYTES, 1 + ID_BYTES + NONCE_BYTES];
    const decipher = createDecipheriv('aes-256-gcm', this.key, sealed.subarray(nonceAt, tagAt), {
      authTagLength: TAG_BYTES,
    });
    decipher.setAAD(bytesOf(purpose)).setAuthTag(sealed.subarray(tagAt, HEADER_BYTES));
    try {
      return Buffer.concat([decipher.update(sealed.subarray(HEADER_BYTES)), decipher.final()]).toString(
        'utf8',
      );
    } catch {
      throw new SecretKeyError('was damaged, or sealed for something else');
    }
  }

  /** Which key a sealed secret needs. */
  static keyIdOf(sealed: Buffer): Buffer {
    return sealed.subarray(1, 1 + ID_BYTES);
  }
}

/** No two purposes read the same: the lengths of the parts cannot be shifted. */
function bytesOf({ tenantId, what }: SecretPurpose): Buffer {
  return Buffer.from(JSON.stringify([tenantId, what]));
}
