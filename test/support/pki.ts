import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export const PKI_FOLDER = join(__dirname, '..', 'fixtures', 'pki', 'tls');

/** The path of a certificate or key of `test/fixtures/pki/tls`. */
export function pkiPath(name: string): string {
  return join(PKI_FOLDER, `${name}.pem`);
}

/** One or several of them, one after the other, as a client sends its certificate with those between. */
export function pki(...names: readonly string[]): string {
  return names.map((name) => readFileSync(pkiPath(name), 'utf8')).join('');
}
