import { RequestRate } from './request-rate';

const admitted = (rate: RequestRate, client: string, times: number, nowMs = 0): number =>
  Array.from({ length: times }, () => rate.admits(client, nowMs)).filter(Boolean).length;

describe('RequestRate', () => {
  it('admits as many requests a second as the limit says, and no more (Q2, Q6)', () => {
    expect(admitted(new RequestRate(10), 'a', 100)).toBe(10);
  });

  it('begins anew with every second (Q5, Q7)', () => {
    const rate = new RequestRate(10);
    for (let second = 0; second < 5; second += 1)
      expect(admitted(rate, 'a', 20, second * 1000 + 999)).toBe(10);
  });

  it('counts each client for itself', () => {
    const rate = new RequestRate(3);
    expect([admitted(rate, 'a', 5), admitted(rate, 'b', 5), admitted(rate, 'a', 5)]).toEqual([3, 3, 0]);
  });

  it('admits everything when there is no limit', () => {
    expect(admitted(new RequestRate(0), 'a', 1000)).toBe(1000);
  });

  it('remembers 100 000 clients at most, and forgets the oldest of them first', () => {
    const rate = new RequestRate(1);
    const first = Array.from({ length: 100_001 }, (_unused, client) => rate.admits(`c${client}`, 0));
    expect(first).not.toContain(false);
    expect(rate.admits('c100000', 0)).toBe(false);
    expect(rate.admits('c60000', 0)).toBe(false);
    expect(rate.admits('c0', 0)).toBe(true);
  });
});
