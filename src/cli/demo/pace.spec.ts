import { Pace } from './pace';

describe('the pace', () => {
  it('is nothing before there are two looks', () => {
    const pace = new Pace();
    pace.note({ atMs: 0, polls: 7, reports: 7 });
    expect(pace.perSecond).toEqual({ polls: 0, reports: 0 });
  });

  it('is that of the last seconds only', () => {
    const pace = new Pace(2000);
    pace.note({ atMs: 0, polls: 0, reports: 0 });
    pace.note({ atMs: 1000, polls: 1000, reports: 0 });
    pace.note({ atMs: 3000, polls: 1020, reports: 10 });
    expect(pace.perSecond).toEqual({ polls: 10, reports: 5 });
  });
});
