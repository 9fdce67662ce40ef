import { UsageError } from '../simulator/arguments';
import { parseDemoWish } from './arguments';

const wishOf = (...argv: string[]): ReturnType<typeof parseDemoWish> =>
  parseDemoWish(['--demo', ...argv], undefined);

describe('the command line of the demo', () => {
  it('needs nothing', () => {
    expect(wishOf()).toEqual({ devices: 300, port: undefined, seed: 1, timeScale: 1.5, isOnce: false });
  });

  it('reads its options', () => {
    const wish = wishOf(
      ...['--devices', '50', '--port', '9000', '--seed', '7'],
      ...['--time-scale', '3', '--once'],
    );
    expect(wish).toEqual({ devices: 50, port: 9000, seed: 7, timeScale: 3, isOnce: true });
  });

  it('takes the port of the environment, unless told otherwise', () => {
    expect(parseDemoWish(['--demo'], '9001')?.port).toBe(9001);
    expect(parseDemoWish(['--demo', '--port', '9000'], '9001')?.port).toBe(9000);
    expect(parseDemoWish(['--demo'], '')?.port).toBeUndefined();
  });

  it('gives help', () => {
    expect(wishOf('--help')).toBeUndefined();
  });

  it.each([
    [['--devices', '0'], undefined, '--devices must be a whole number from 1 to 5000'],
    [['--devices', '6000'], undefined, '--devices must be a whole number from 1 to 5000'],
    [['--port', '70000'], undefined, '--port must be a port'],
    [[], 'abc', 'ROOKERY_PORT must be a port from 0 to 65535, not abc'],
    [['--time-scale', 'fast'], undefined, '--time-scale must be a number above 0'],
    [['--dveices', '3'], undefined, 'Unknown option'],
  ])('refuses %j with ROOKERY_PORT=%s', (argv, chosenPort, message) => {
    const parse = (): unknown => parseDemoWish(['--demo', ...argv], chosenPort);
    expect(parse).toThrow(UsageError);
    expect(parse).toThrow(message);
  });
});
