/** What another server wants to see before it gives a file away. */
export type Credentials =
  { readonly username: string; readonly password: string } | { readonly bearer: string };

/** The value of `Authorization`. */
export function authorizationOf(credentials: Credentials): string {
  if ('bearer' in credentials) return `Bearer ${credentials.bearer}`;
  const { username, password } = credentials;
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
