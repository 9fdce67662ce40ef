/** As much of an Express application as is needed to see its routes. */
interface Routed {
  readonly router?: {
    readonly stack?: readonly {
      readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
      match(path: string): unknown;
    }[];
  };
}

/** A route for more methods than any of ours takes is a middleware, the logger's for one. */
const MOST_METHODS = 8;

/** The methods that some route takes under `path`; empty when there is no such path at all. */
export function allowedMethods(application: unknown, path: string): string[] {
  const layers = (application as Routed).router?.stack ?? [];
  const routes = layers.filter((layer) => layer.route !== undefined && isMatch(layer, path));
  const methods = routes.map(({ route }) => Object.keys(route?.methods ?? {}));
  const allowed = new Set(methods.filter((one) => one.length <= MOST_METHODS).flat());
  if (allowed.has('get')) allowed.add('head');
  return [...allowed].map((method) => method.toUpperCase()).sort();
}

function isMatch(layer: { match(path: string): unknown }, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}
