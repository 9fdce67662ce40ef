import { GoodCredentials } from './good-credentials';

const KEY = Buffer.from('0123456789abcdef', 'hex');
const tokens = (count: number, prefix: string): string[] =>
  Array.from({ length: count }, (_unused, n) => `${prefix}_${n.toString(36).padStart(20, '0')}`);

describe('GoodCredentials', () => {
  it('knows a credential again, for the same device alone', () => {
    const good = new GoodCredentials();
    expect(good.has('secret', 'a')).toBe(false);
    good.remember('secret', 'a');
    good.remember('secret', 'a');
    expect(good.has('secret', 'a')).toBe(true);
    expect([good.has('secret', 'b'), good.has('secret'), good.has('secreu', 'a')]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('forgets one that was found wrong, and no other', () => {
    const good = new GoodCredentials();
    for (const device of ['a', 'b']) good.remember('secret', device);
    good.forget('secret', 'a');
    good.forget('never known', 'a');
    expect([good.has('secret', 'a'), good.has('secret', 'b')]).toEqual([false, true]);
  });

  it('knows nearly all of a fleet of 20 000, and takes no stranger for one of it', () => {
    const good = new GoodCredentials(KEY);
    const fleet = tokens(20_000, 'rkt');
    fleet.forEach((token, n) => good.remember(token, `DEFAULT/device-${n}`));
    const known = fleet.filter((token, n) => good.has(token, `DEFAULT/device-${n}`));
    expect(known.length).toBeGreaterThan(19_900);
    const strangers = tokens(20_000, 'bad').filter((token, n) => good.has(token, `DEFAULT/device-${n}`));
    expect(strangers).toEqual([]);
  });

  it('has another key in each process, so that nobody can choose what falls together', () => {
    const [one, two] = [new GoodCredentials(), new GoodCredentials(KEY)];
    one.remember('secret');
    expect(two.has('secret')).toBe(false);
  });
});
