import type { Standing } from './routes';
import type { Servers } from './world';

/** Somebody with a credential, and whom the server is to take it for. */
export interface Subject {
  readonly name: string;
  readonly standing: Standing;
  readonly server: keyof Servers;
  readonly tenant: string;
  readonly controllerId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Comes over TLS: with these of `test/fixtures/pki/tls`, its own first; with none when empty. */
  readonly certificates?: readonly string[];
}

/** The same, where all that is not told is as usual. */
export type Case = Omit<Subject, 'server' | 'tenant'> & Partial<Pick<Subject, 'server' | 'tenant'>>;
