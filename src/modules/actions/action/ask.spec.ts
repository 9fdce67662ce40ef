import fc from 'fast-check';
import { askStep, firstAskAt, isResting } from './ask';

const MINUTE_MS = 60_000;

describe('firstAskAt', () => {
  it('is a minute later, and a quarter of an hour for clients that report at each start', () => {
    const { others, startReporters } = firstAskAt(1000);
    expect([others.getTime(), startReporters.getTime()]).toEqual([61_000, 901_000]);
  });
});

describe('askStep', () => {
  it('shows the link, rests for a poll, and doubles the wait', () => {
    const first = askStep(0, 5, 10 * MINUTE_MS);
    expect(first).toEqual({ isShown: true, asks: 1, askAtMs: 12 * MINUTE_MS });
    const rest = askStep(first.asks, first.askAtMs, 20 * MINUTE_MS);
    expect(rest).toEqual({ isShown: false, asks: 2, askAtMs: 12 * MINUTE_MS });
    expect(askStep(rest.asks, rest.askAtMs, 25 * MINUTE_MS)).toEqual({
      isShown: true,
      asks: 3,
      askAtMs: 29 * MINUTE_MS,
    });
  });

  it('waits six hours at most', () => {
    for (const asks of [20, 60, 2000])
      expect(askStep(asks, 0, 0)).toEqual({ isShown: true, asks: asks + 1, askAtMs: 360 * MINUTE_MS });
  });

  it('never shows the link at two polls running, however the device polls', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 10 ** 8 }), { maxLength: 60 }), (gapsMs) => {
        let nowMs = 0;
        let asked = { asks: 0, askAtMs: 0 };
        let wasShown = false;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          const step = asked.askAtMs <= nowMs ? askStep(asked.asks, asked.askAtMs, nowMs) : undefined;
          const isShown = step?.isShown ?? false;
          expect(isShown && wasShown).toBe(false);
          if (step !== undefined) asked = step;
          wasShown = isShown;
        }
      }),
    );
  });
});

describe('isResting', () => {
  it('is true after each question', () => {
    expect([0, 1, 2, 3].map(isResting)).toEqual([false, true, false, true]);
  });
});
