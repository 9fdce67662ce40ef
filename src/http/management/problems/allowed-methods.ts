/** As much of an Express application as is needed to see its routes. */
interface Routed {
  readonly router?: {
    readonly stack?: readonly {
      readonly route?: { readonly methods: Readonly<Record<string, boolean>> };
      match(path: string): unknown;
    }[];
  };
}

/** The methods that some route takes under `path`; empty when there is no such path at all. */
export function allowedMethods(application: unknown, path: string): string[] {
  const layers = (application as Routed).router?.stack ?? [];
  const methods = new Set<string>();
  for (const layer of layers) {
    if (layer.route === undefined || !isMatch(layer, path)) continue;
    for (const method of Object.keys(layer.route.methods)) methods.add(method.toUpperCase());
  }
  if (methods.has('GET')) methods.add('HEAD');
  return [...methods].filter((method) => method !== '_ALL').sort();
}

function isMatch(layer: { match(path: string): unknown }, path: string): boolean {
  try {
    return Boolean(layer.match(path));
  } catch {
    return false;
  }
}
