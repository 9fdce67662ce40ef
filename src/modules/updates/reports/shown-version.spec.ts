import { CLIENTS, type Client } from '../../devices/device/client';
import { showingOf, type Showing } from './shown-version';

const ACTION = { previousVersion: '1.0' };
const showing = (version: string, client: Client, isAsked: boolean): Showing =>
  showingOf(ACTION, '2.0', { version, client, isAsked });

describe('showingOf', () => {
  it.each(CLIENTS)("%s: the release's version proves, a third one disproves, asked for or not", (client) => {
    for (const isAsked of [true, false]) {
      expect(showing('2.0.0', client, isAsked)).toBe('proves');
      expect(showing('1.5', client, isAsked)).toBe('disproves');
    }
  });

  it.each(CLIENTS)('%s: the version from before disproves only at the start of SWUpdate', (client) => {
    expect(showing('1.0.0', client, true)).toBe('not-yet');
    expect(showing('1.0', client, false)).toBe(client === 'swupdate' ? 'disproves' : 'not-yet');
  });

  it('a version that it had before proves nothing', () => {
    const shown = { version: '2.0', client: 'rauc', isAsked: false } as const;
    expect(showingOf({ previousVersion: '2.0' }, '2.0', shown)).toBe('not-yet');
  });

  it('where nothing is known of before, any other version disproves', () => {
    const shown = { version: '1.0', client: 'rauc', isAsked: false } as const;
    expect(showingOf({ previousVersion: undefined }, '2.0', shown)).toBe('disproves');
  });
});
