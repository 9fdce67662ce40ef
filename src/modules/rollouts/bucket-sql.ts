import { BUCKETS } from './bucket';

/** 2^64 mod 10 000: what a hash that Postgres takes for negative lacks. */
const WRAP = Number(2n ** 64n % BigInt(BUCKETS));

/** The bucket of the device `d` as {@link bucketOf} counts it; `salt` is an expression. */
export function bucketSql(salt: string): string {
  const hash = `('x' || left(encode(sha256(convert_to(${salt} || d.controller_id, 'UTF8')), 'hex'), 16))::bit(64)::bigint`;
  return `(SELECT (h % ${BUCKETS} + CASE WHEN h < 0 THEN ${WRAP + BUCKETS} ELSE 0 END) % ${BUCKETS} FROM (SELECT ${hash} AS h) AS hashed)`;
}
