import { createHash, createHmac } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/** Who may sign. */
export interface KeyPair {
  readonly accessKey: string;
  readonly secretKey: string;
}

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

interface Claim {
  readonly credential: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  readonly date: string;
  readonly query: string;
  readonly payloadHash: string;
}

/** The code with which S3 would refuse the request, or undefined when its signature (version 4) holds. */
export function refusalOf(request: IncomingMessage, body: Buffer, keys: KeyPair): string | undefined {
  const claim = claimOf(request);
  if (claim === undefined) return 'AccessDenied';
  const [accessKey = '', day = '', region = '', service = ''] = claim.credential.split('/');
  if (accessKey !== keys.accessKey) return 'InvalidAccessKeyId';
  const isUnsigned = claim.payloadHash === 'UNSIGNED-PAYLOAD';
  if (!isUnsigned && claim.payloadHash !== sha256(body)) return 'XAmzContentSHA256Mismatch';
  const scope = `${day}/${region}/${service}/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', claim.date, scope, sha256(canonical(request, claim))].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<Buffer | string>(hmac, `AWS4${keys.secretKey}`);
  if (hmac(key, toSign).toString('hex') !== claim.signature) return 'SignatureDoesNotMatch';
  return isExpired(request) ? 'AccessDenied' : undefined;
}

function claimOf(request: IncomingMessage): Claim | undefined {
  const [, query = ''] = (request.url ?? '').split('?');
  const asked = new URLSearchParams(query);
  const inQuery = asked.get('X-Amz-Signature');
  if (inQuery !== null) {
    return {
      credential: asked.get('X-Amz-Credential') ?? '',
      signedHeaders: (asked.get('X-Amz-SignedHeaders') ?? '').split(';'),
      signature: inQuery,
      date: asked.get('X-Amz-Date') ?? '',
      query: query.replace(/&?X-Amz-Signature=[^&]*/, ''),
      payloadHash: 'UNSIGNED-PAYLOAD',
    };
  }
  const found = /Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)/.exec(
    request.headers.authorization ?? '',
  );
  if (found === null) return undefined;
  return {
    credential: found[1]!,
    signedHeaders: found[2]!.split(';'),
    signature: found[3]!,
    date: String(request.headers['x-amz-date']),
    query,
    payloadHash: String(request.headers['x-amz-content-sha256']),
  };
}

function canonical(request: IncomingMessage, { query, signedHeaders, payloadHash }: Claim): string {
  const [path = ''] = (request.url ?? '').split('?');
  const sortedQuery = query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&');
  const headers = signedHeaders.map((name) => `${name}:${String(request.headers[name] ?? '').trim()}\n`);
  return [request.method, path, sortedQuery, headers.join(''), signedHeaders.join(';'), payloadHash].join(
    '\n',
  );
}

function isExpired(request: IncomingMessage): boolean {
  const asked = new URLSearchParams((request.url ?? '').split('?')[1] ?? '');
  const seconds = asked.get('X-Amz-Expires');
  if (seconds === null) return false;
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(asked.get('X-Amz-Date') ?? '');
  const [year, month, day, hour, minute, second] = (parts ?? []).slice(1).map(Number);
  return Date.UTC(year!, month! - 1, day, hour, minute, second) + Number(seconds) * 1000 < Date.now();
}
