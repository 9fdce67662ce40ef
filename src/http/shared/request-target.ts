const ABSOLUTE = /^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i;

/**
 * The path and query of a request target, which may be a whole URL (RFC 9112, 3.2.2: a server has to take that too). Undefined
 * for what is neither, `*` apart: such targets make the framework parse them as URLs, which fails in ways of its own.
 */
export function originForm(target: string): string | undefined {
  if (target.startsWith('/') || target === '*') return target;
  const origin = ABSOLUTE.exec(target)?.[0];
  if (origin === undefined) return undefined;
  const rest = target.slice(origin.length);
  return rest.startsWith('/') ? rest : `/${rest}`;
}
