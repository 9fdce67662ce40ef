import { Failures } from './failures';

const after = (limit: number, count: number, nowMs = 0): Failures => {
  const failures = new Failures(limit);
  for (let time = 0; time < count; time += 1) failures.note('a', nowMs);
  return failures;
};

describe('Failures', () => {
  it('has a client wait after as many as the limit says, until the minute is over', () => {
    expect(after(3, 2).waitMs('a', 0)).toBe(0);
    expect(after(3, 3).waitMs('a', 20_000)).toBe(40_000);
    expect(after(3, 3).waitMs('a', 60_000)).toBe(0);
  });

  it('begins the minute with the first failure, not with the clock', () => {
    expect(after(1, 1, 59_000).waitMs('a', 60_000)).toBe(59_000);
  });

  it('counts each client for itself', () => {
    expect(after(3, 5).waitMs('b', 0)).toBe(0);
  });

  it('is quiet as long as nobody fails, and again after the minute', () => {
    expect(new Failures(3).isQuiet).toBe(true);
    const failures = after(3, 1);
    expect(failures.isQuiet).toBe(false);
    failures.waitMs('b', 60_000);
    expect(failures.isQuiet).toBe(true);
  });

  it('counts nothing when there is no limit', () => {
    expect(after(0, 1000).waitMs('a', 0)).toBe(0);
    expect(after(0, 1000).isQuiet).toBe(true);
  });

  it('remembers 40 000 clients at most, and forgets the oldest of them first', () => {
    const failures = new Failures(1);
    for (let client = 0; client <= 40_000; client += 1) failures.note(`c${client}`, 0);
    expect(failures.waitMs('c40000', 0)).toBe(60_000);
    expect(failures.waitMs('c20001', 0)).toBe(60_000);
    expect(failures.waitMs('c0', 0)).toBe(0);
  });
});
