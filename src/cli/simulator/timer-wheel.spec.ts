import { TimerWheel } from './timer-wheel';

describe('TimerWheel', () => {
  let wheel: TimerWheel;
  beforeEach(() => {
    jest.useFakeTimers({ now: 0 });
    wheel = new TimerWheel();
    wheel.start();
  });
  afterEach(() => {
    wheel.stop();
    jest.useRealTimers();
  });

  it('rings in the order of time, never early', () => {
    const rung: number[] = [];
    for (const ms of [500, 20, 100_000, 0, 41_000]) wheel.after(ms, () => rung.push(ms));
    jest.advanceTimersByTime(490);
    expect(rung).toEqual([0, 20]);
    jest.advanceTimersByTime(30);
    expect(rung).toEqual([0, 20, 500]);
    // Beyond one turn of the wheel.
    jest.advanceTimersByTime(41_000);
    expect(rung).toEqual([0, 20, 500, 41_000]);
    jest.advanceTimersByTime(60_000);
    expect(rung).toEqual([0, 20, 500, 41_000, 100_000]);
    expect(wheel.size).toBe(0);
  });

  it('lets a timer set another one for later', () => {
    let rung = 0;
    const again = (): void => {
      rung += 1;
      wheel.after(100, again);
    };
    wheel.after(100, again);
    jest.advanceTimersByTime(1000);
    expect(rung).toBeGreaterThanOrEqual(8);
    expect(rung).toBeLessThanOrEqual(10);
  });

  it('wakes who sleeps', async () => {
    const sleeper = wheel.sleep(50).then(() => 'awake');
    await jest.advanceTimersByTimeAsync(100);
    expect(await sleeper).toBe('awake');
  });

  it('rings nothing after it was stopped', () => {
    const ring = jest.fn();
    wheel.after(10, ring);
    wheel.stop();
    jest.advanceTimersByTime(1000);
    expect(ring).not.toHaveBeenCalled();
  });
});
