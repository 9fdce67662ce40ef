import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createSecureContext } from 'node:tls';

/** Where the certificate of a server and its key lie, in PEM. */
export interface KeyPairFiles {
  readonly cert: string;
  readonly key: string;
}

/** What lies there: a certificate, perhaps with those between it and its root, and the key that belongs to it. */
export interface KeyPair {
  readonly cert: string;
  readonly key: string;
  readonly notAfterMs: number;
}

/** The files do not make a pair; the message names the one to look at. */
export class KeyPairError extends Error {}

/** @throws KeyPairError */
export async function readKeyPair(files: KeyPairFiles): Promise<KeyPair> {
  const cert = await textOf('certificate', files.cert);
  const key = await textOf('key', files.key);
  const certificate = read(() => new X509Certificate(cert), `${files.cert} holds no certificate in PEM`);
  const privateKey = read(
    (): KeyObject => createPrivateKey(key),
    `${files.key} holds no key in PEM that is not encrypted`,
  );
  if (!certificate.checkPrivateKey(privateKey))
    throw new KeyPairError(
      `The key in ${files.key} does not belong to the first certificate in ${files.cert}`,
    );
  // OpenSSL is particular about what follows the first certificate, and about keys that are too short.
  read(() => createSecureContext({ cert, key }), `${files.cert} cannot be used for TLS`);
  return { cert, key, notAfterMs: Date.parse(certificate.validTo) };
}

async function textOf(noun: string, path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code = String(error) } = error as NodeJS.ErrnoException;
    throw new KeyPairError(`The ${noun} of TLS cannot be read from ${path}: ${code}`, { cause: error });
  }
}

function read<T>(attempt: () => T, fault: string): T {
  try {
    return attempt();
  } catch (error) {
    throw new KeyPairError(`${fault}: ${reasonOf(error)}`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
