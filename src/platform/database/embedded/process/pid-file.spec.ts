import { parsePidFile } from './pid-file';

const RUNNING =
  '4711\n/srv/my data/postgres\n1763683200\n15432\n\n127.0.0.1\n  1048577        42\nready   \n';

describe('parsePidFile', () => {
  it('reads pid, port and readiness', () => {
    expect(parsePidFile(RUNNING)).toEqual({ pid: 4711, port: 15432, isReady: true });
  });

  it('takes a server that is still starting as not ready', () => {
    expect(parsePidFile(RUNNING.replace('ready', 'starting'))?.isReady).toBe(false);
    expect(parsePidFile('4711\n/srv/postgres\n')).toEqual({ pid: 4711, port: 0, isReady: false });
  });

  it.each(['', 'rubbish', '-4711\n', '0\n', '1\n', '\0\0\0'])('finds no pid in %j', (text) => {
    expect(parsePidFile(text)).toBeUndefined();
  });
});
