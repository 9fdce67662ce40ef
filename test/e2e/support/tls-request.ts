import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { request, type RequestOptions } from 'node:https';
import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import type { CertificateFiles } from './swupdate-config';

/** What a request over TLS shows of the asker. */
export interface TlsRequest {
  readonly caFile: string;
  readonly certificate?: CertificateFiles | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** GET by default. */
  readonly method?: 'GET' | 'HEAD';
}

/** GETs an address; resolves with the status of the answer. */
export async function askOverTls(url: string, asker: TlsRequest): Promise<number> {
  const answer = await openOverTls(url, asker);
  answer.resume();
  return answer.statusCode ?? 0;
}

/** GETs an address; resolves with what is there, and fails when the answer is no 200. */
export async function readOverTls(url: string, asker: TlsRequest): Promise<string> {
  const answer = await openOverTls(url, asker);
  const body = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`GET ${url} answers ${answer.statusCode}: ${body}`);
  return body;
}

/** Asks for an address; the body is still to be read. */
export async function openOverTls(url: string, asker: TlsRequest): Promise<IncomingMessage> {
  const { caFile, certificate, headers = {}, method = 'GET' } = asker;
  const options: RequestOptions = { ca: await readFile(caFile), headers, method, agent: false };
  if (certificate !== undefined) {
    options.cert = await readFile(certificate.certFile);
    options.key = await readFile(certificate.keyFile);
  }
  const asked = request(url, options).end();
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  return answer;
}
