import { FAULTS } from './fault';
import { parseWish, UsageError } from './arguments';

const wishOf = (...argv: string[]): ReturnType<typeof parseWish> => parseWish(['--token', 'secret', ...argv]);

describe('the command line of the simulator', () => {
  it('needs nothing but the gateway token', () => {
    expect(wishOf()).toMatchObject({
      fleet: { url: ['http://localhost:8080'], gatewayToken: 'secret', devices: 100 },
      untilMs: undefined,
      json: false,
    });
  });

  it('reads shares, rates and durations', () => {
    const wish = wishOf(
      '--profiles',
      'rauc=1,esp=3',
      '--faults',
      'all=2,silent=0',
      '--until',
      '1.5m',
      '--poll',
      '500ms',
    );
    expect(wish).toMatchObject({ untilMs: 90_000, fleet: { pollMs: 500, profiles: { rauc: 1, esp: 3 } } });
    expect(wish?.fleet.faults).toEqual({
      ...Object.fromEntries(FAULTS.map((fault) => [fault, 2])),
      silent: 0,
    });
  });

  it('gives help without a token', () => {
    expect(parseWish(['--help'])).toBeUndefined();
  });

  it.each([
    [['--devices', '0'], '--devices must be a whole number from 1'],
    [['--devices', 'many'], '--devices must be a whole number'],
    [['--url', 'localhost:8080'], '--url must be an http address'],
    [['--until', 'soon'], '--until must be a duration'],
    [['--poll', '5'], '--poll must be a duration'],
    [['--faults', 'fire=2'], '--faults knows all, fail'],
    [['--faults', 'fail'], '--faults must be words with numbers, such as fail=2'],
    [['--faults', 'fail=200'], 'is too much'],
    [['--profiles', 'mender=2'], '--profiles knows swupdate'],
    [['--profiles', 'esp=0'], '--profiles must leave some devices'],
    [['--time-scale', '-1'], '--time-scale'],
    [['--colour', 'red'], '--colour'],
  ])('refuses %j and says why', (argv, message) => {
    expect(() => wishOf(...argv)).toThrow(UsageError);
    expect(() => wishOf(...argv)).toThrow(message);
  });

  it('says that the token is missing', () => {
    expect(() => parseWish([])).toThrow('--token is missing');
  });
});
