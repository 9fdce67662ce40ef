import { watchOf } from './watch';

const MINUTE_MS = 60_000;
const settledAt = new Date('2026-03-02T12:00:00Z');
const after = (minutes: number): Date => new Date(settledAt.getTime() + minutes * MINUTE_MS);
const SPAN_MS = 15 * MINUTE_MS;

describe('watchOf', () => {
  const look = (heard: number | undefined, now: number, soakMinutes = 60): ReturnType<typeof watchOf> =>
    watchOf(
      {
        settledAt,
        lastSeenAt: heard === undefined ? undefined : after(heard),
        soakMs: soakMinutes * MINUTE_MS,
      },
      SPAN_MS,
      after(now),
    );

  it('finds a device silent that was not heard of for its span', () => {
    expect(look(5, 21)).toBe('silent');
    expect(look(undefined, 16)).toBe('silent');
  });

  it('counts its silence from the update on, whenever it was heard of before', () => {
    expect(look(-30, 10)).toEqual({ nextAt: new Date(after(15).getTime() + 1) });
    expect(look(-30, 16)).toBe('silent');
  });

  it('looks again when the device may be silent, and never in the same millisecond', () => {
    expect(look(5, 19)).toEqual({ nextAt: new Date(after(20).getTime() + 1) });
    expect(look(5, 20)).toEqual({ nextAt: new Date(after(20).getTime() + 1) });
  });

  it('leaves a device alone that was heard of after its soak', () => {
    expect(look(60, 1000)).toBe('over');
    expect(look(59, 1000)).toBe('silent');
  });

  it('watches a device for its span at least, however short the soak is', () => {
    expect(look(14, 40, 0)).toBe('silent');
    expect(look(15, 40, 0)).toBe('over');
  });
});
