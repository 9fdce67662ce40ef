import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CertificateFiles } from './swupdate-config';

/** No extension but those that are asked for: the system's own file adds some. */
const CONFIG = '[req]\ndistinguished_name = dn\n[dn]\n';

/** A certificate authority of a test's own: its files lie in the test's folder and are good for two days. */
export class CertificateAuthority {
  private readonly files: CertificateFiles;

  constructor(
    private readonly folder: string,
    private readonly name: string,
  ) {
    writeFileSync(join(folder, 'openssl.cnf'), CONFIG);
    this.files = this.make(name, ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign'], []);
  }

  /** What those need who shall trust it. */
  get certFile(): string {
    return this.files.certFile;
  }

  /** A certificate for a server that is reached under this host name. */
  issueServer(host: string): CertificateFiles {
    return this.issue(host, [`subjectAltName=DNS:${host}`, 'extendedKeyUsage=serverAuth']);
  }

  /** A certificate for a device. */
  issueDevice(commonName: string): CertificateFiles {
    return this.issue(commonName, ['extendedKeyUsage=clientAuth']);
  }

  private issue(commonName: string, extensions: readonly string[]): CertificateFiles {
    const by = ['-CA', this.files.certFile, '-CAkey', this.files.keyFile];
    return this.make(commonName, ['basicConstraints=critical,CA:FALSE', ...extensions], by);
  }

  private make(commonName: string, extensions: readonly string[], by: readonly string[]): CertificateFiles {
    const stem = join(this.folder, commonName === this.name ? this.name : `${this.name}-${commonName}`);
    const made = { certFile: `${stem}.pem`, keyFile: `${stem}.key` };
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
    const where = [
      '-keyout',
      made.keyFile,
      '-out',
      made.certFile,
      '-config',
      join(this.folder, 'openssl.cnf'),
    ];
    const added = extensions.flatMap((extension) => ['-addext', extension]);
    const subject = ['-subj', `/CN=${commonName}`];
    execFileSync('openssl', ['req', '-x509', ...kind, ...where, ...subject, ...added, ...by], {
      stdio: 'pipe',
    });
    return made;
  }
}
