import { lookup } from 'node:dns/promises';
import { Injectable } from '@nestjs/common';

/** Asks the system for the addresses of a name, as any program of this machine would. */
@Injectable()
export class NameResolver {
  /** All of them: whoever connects judges each. */
  async addressesOf(name: string): Promise<readonly string[]> {
    return (await lookup(name, { all: true, verbatim: true })).map(({ address }) => address);
  }
}
