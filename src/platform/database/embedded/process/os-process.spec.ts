import { birthOf, isPostgresOf, startTicksIn } from './os-process';

const REST = 'S 1 1 1 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 1 0 987654 22 23';

describe('startTicksIn', () => {
  it('finds the start time behind any program name', () => {
    expect(startTicksIn(`7 (node) ${REST}`)).toBe('987654');
    expect(startTicksIn(`7 (a) Z (b c) ${REST}`)).toBe('987654');
  });

  it('takes a zombie as dead', () => {
    expect(startTicksIn(`7 (postgres) ${REST.replace('S', 'Z')}`)).toBeUndefined();
  });
});

describe('birthOf', () => {
  it('is the same for a process as long as it lives', async () => {
    const birth = await birthOf(process.pid);
    expect(birth).toBeTruthy();
    expect(await birthOf(process.pid)).toBe(birth);
  });

  it('is undefined where there is no process', async () => {
    expect(await birthOf(2 ** 30)).toBeUndefined();
  });
});

describe('isPostgresOf', () => {
  it('does not take another program for a server', async () => {
    expect(await isPostgresOf(process.pid, process.cwd())).toBe(false);
  });
});
