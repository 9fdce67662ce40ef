/** The instances of one server. To its devices they are one: a load balancer would stand in front of them. */
export class Instances {
  constructor(private readonly urls: readonly string[]) {}

  /** How many others there are to ask. */
  get others(): number {
    return Math.max(0, this.urls.length - 1);
  }

  /** The same address at the next instance, that of a link of the server too; undefined when it leads elsewhere. */
  next(url: string): string | undefined {
    const at = this.urls.findIndex((one) => url.startsWith(`${one}/`));
    const [here, there] = [this.urls[at], this.urls[(at + 1) % this.urls.length]];
    return here === undefined || there === undefined ? undefined : there + url.slice(here.length);
  }
}
