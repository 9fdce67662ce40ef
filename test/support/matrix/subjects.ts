import { directCertificates } from './direct-certificates';
import type { Standing } from './routes';
import type { Case, Subject } from './subject';
import type { Tenants, World } from './world';

const PAST = `now() - interval '1 second'`;
const HOUR_MS = 3_600_000;

const gateway = (token: string): Record<string, string> => ({ Authorization: `GatewayToken ${token}` });
const target = (token: string): Record<string, string> => ({ Authorization: `TargetToken ${token}` });

/** Each method that lets devices in, and each way in which it may not. */
export async function makeSubjects(tenants: Tenants): Promise<Subject[]> {
  const cases = [
    ...(await gatewayTokens(tenants)),
    ...(await targetTokens(tenants)),
    ...(await previousTokens(tenants)),
    ...(await certificates(tenants, 'current')),
    ...(await certificates(tenants, 'legacy')),
    ...(await directCertificates(tenants)),
    ...nothings(tenants),
  ];
  return cases.map((one) => ({ server: 'current', tenant: 'DEFAULT', ...one }));
}

async function gatewayTokens({ home, other, off, strict, closed }: Tenants): Promise<Case[]> {
  const named = (name: string, standing: Standing, token: string, more: Partial<Case> = {}): Case => ({
    ...{ name: `gateway token, ${name}`, standing, controllerId: 'g-valid', headers: gateway(token) },
    ...more,
  });
  for (const controllerId of ['g-valid', 'g-waiting', 'g-refused']) await home.bare(controllerId);
  for (const controllerId of ['g-off', 'g-unused']) await off.bare(controllerId);
  await strict.holder('g-holder');
  const expired = await home.gatewayTokens.create(home.actor, { name: 'expired' });
  await home.rookery.database.execute(
    `UPDATE gateway_token SET expires_at = ${PAST} WHERE tenant_id = 1 AND id = $1`,
    [expired.id],
  );
  const revoked = await home.gatewayTokens.create(home.actor, { name: 'revoked' });
  await home.gatewayTokens.revoke(home.actor, revoked.id);
  return [
    named('valid', 'in', home.gatewayToken),
    named('wrong', 'stranger', 'wrong'),
    named('expired', 'stranger', expired.token),
    named('revoked', 'stranger', revoked.token),
    named('of another tenant', 'stranger', other.gatewayToken),
    named('where they are switched off', 'stranger', off.gatewayToken, {
      ...{ tenant: 'OFF', controllerId: 'g-off' },
    }),
    named('where a device that holds a token must come with it', 'stranger', strict.gatewayToken, {
      ...{ tenant: 'STRICT', controllerId: 'g-holder' },
    }),
    named('for a device that is not there, where none is made', 'stranger', closed.gatewayToken, {
      ...{ tenant: 'CLOSED', controllerId: 'g-nobody' },
    }),
    named("said to be the device's own", 'stranger', '', { headers: target(home.gatewayToken) }),
    named('of a device that waits', 'waiting', home.gatewayToken, { controllerId: 'g-waiting' }),
    named('of a device that is refused', 'refused', home.gatewayToken, { controllerId: 'g-refused' }),
  ];
}

async function targetTokens({ home, other, off }: Tenants): Promise<Case[]> {
  const tokens = new Map<string, string>();
  for (const id of ['t-valid', 't-expired', 't-neighbour', 't-removed', 't-waiting', 't-refused'])
    tokens.set(id, await home.holder(id));
  const foreign = await other.holder('t-valid');
  const unused = await off.holder('t-off');
  await home.age('t-expired', `target_token_expires_at = ${PAST}`);
  await home.tokens.remove(home.actor, 't-removed');
  const own = (name: string, standing: Standing, controllerId: string, more: Partial<Case> = {}): Case => ({
    ...{ name: `target token, ${name}`, standing, controllerId },
    headers: target(tokens.get(controllerId) ?? ''),
    ...more,
  });
  return [
    own('valid', 'in', 't-valid'),
    own('wrong', 'stranger', 't-valid', { headers: target('wrong') }),
    own('expired', 'stranger', 't-expired'),
    own('taken away', 'stranger', 't-removed'),
    own('of its namesake in another tenant', 'stranger', 't-valid', { headers: target(foreign) }),
    own('of another device', 'stranger', 't-neighbour', { headers: target(tokens.get('t-valid') ?? '') }),
    own('of another device, for one that is not there', 'stranger', 't-nobody', {
      headers: target(tokens.get('t-valid') ?? ''),
    }),
    own('where they are switched off', 'stranger', 't-off', { tenant: 'OFF', headers: target(unused) }),
    own("said to be a gateway's", 'stranger', 't-valid', { headers: gateway(tokens.get('t-valid') ?? '') }),
    own('of a device that waits', 'waiting', 't-waiting'),
    own('of a device that is refused', 'refused', 't-refused'),
  ];
}

async function previousTokens({ home, other }: Tenants): Promise<Case[]> {
  const before = new Map<string, string>();
  const rotated = async (world: World, id: string, overlapMs: number): Promise<string> => {
    const old = await world.holder(id);
    await world.tokens.issue(world.actor, id, { overlapMs });
    return old;
  };
  for (const id of ['p-valid', 'p-expired', 'p-neighbour', 'p-waiting', 'p-refused'])
    before.set(id, await rotated(home, id, HOUR_MS));
  before.set('p-replaced', await rotated(home, 'p-replaced', 0));
  await home.age('p-expired', `previous_token_expires_at = ${PAST}`);
  const foreign = await rotated(other, 'p-valid', HOUR_MS);
  const old = (name: string, standing: Standing, controllerId: string, token?: string): Case => ({
    ...{ name: `previous target token, ${name}`, standing, controllerId },
    headers: target(token ?? before.get(controllerId) ?? ''),
  });
  return [
    old('valid', 'in', 'p-valid'),
    old('wrong', 'stranger', 'p-valid', 'wrong'),
    old('expired', 'stranger', 'p-expired'),
    old('replaced at once', 'stranger', 'p-replaced'),
    old('of its namesake in another tenant', 'stranger', 'p-valid', foreign),
    old('of another device', 'stranger', 'p-neighbour', before.get('p-valid')),
    old('of a device that waits', 'waiting', 'p-waiting'),
    old('of a device that is refused', 'refused', 'p-refused'),
  ];
}

const WORDS = {
  current: { name: 'X-Controller-Id', authority: 'X-Authority' },
  legacy: { name: 'X-Ssl-Client-Cn', authority: 'X-Ssl-Issuer-Hash-1' },
};

/** What a trusted proxy says; that a certificate is expired it sees itself. */
async function certificates({ home, other, off }: Tenants, server: 'current' | 'legacy'): Promise<Case[]> {
  const id = (suffix: string): string => `c-${server}-${suffix}`;
  for (const suffix of ['valid', 'neighbour', 'waiting', 'refused']) await home.bare(id(suffix));
  for (const world of [other, off]) await world.bare(id('valid'));
  const says = (name: string, authority: string, words = WORDS[server]): Record<string, string> => ({
    [words.name]: name,
    [words.authority]: authority,
  });
  const shown = (name: string, standing: Standing, suffix: string, more: Partial<Case> = {}): Case => ({
    ...{ name: `certificate, ${server} headers, ${name}`, standing, controllerId: id(suffix), server },
    headers: says(id(suffix), 'factory'),
    ...more,
  });
  const otherWords = WORDS[server === 'current' ? 'legacy' : 'current'];
  const valid = id('valid');
  return [
    shown('valid', 'in', 'valid'),
    shown('of an unknown authority', 'stranger', 'valid', { headers: says(valid, 'nobody') }),
    shown('of no authority', 'stranger', 'valid', { headers: says(valid, '') }),
    shown('of another device', 'stranger', 'neighbour', { headers: says(valid, 'factory') }),
    shown('of another tenant', 'stranger', 'valid', { tenant: 'OTHER' }),
    shown('where they are switched off', 'stranger', 'valid', { tenant: 'OFF' }),
    shown('not from the proxy', 'stranger', 'valid', { server: 'direct' }),
    shown('in the other headers', 'stranger', 'valid', { headers: says(valid, 'factory', otherWords) }),
    shown('beside a wrong token', 'stranger', 'valid', {
      headers: { ...says(valid, 'factory'), ...gateway('wrong') },
    }),
    shown('of a device that waits', 'waiting', 'waiting'),
    shown('of a device that is refused', 'refused', 'refused'),
  ];
}

function nothings({ home }: Tenants): Case[] {
  const stranger = (name: string, headers: Record<string, string>, more: Partial<Case> = {}): Case => ({
    ...{ name, standing: 'stranger', controllerId: 'g-valid', headers },
    ...more,
  });
  const valid = gateway(home.gatewayToken);
  return [
    stranger('no credential', {}),
    stranger('no credential, for a device that is not there', {}, { controllerId: 'nobody' }),
    stranger('a credential in small letters', { Authorization: `gatewaytoken ${home.gatewayToken}` }),
    stranger('a token of the management API', { Authorization: `Bearer ${home.rookery.token}` }),
    stranger('a tenant that is not there', valid, { tenant: 'NOWHERE' }),
    stranger('a tenant that nobody can be called', valid, { tenant: 'no%20where' }),
    stranger('an id that no device can have', {}, { controllerId: 'a%00b' }),
  ];
}
