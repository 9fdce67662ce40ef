import request from 'supertest';
import { startRookery, type TestRookery } from '../support/rookery-app';

const FROM = '2030-12-24T00:00:00.000Z';
const TO = '2031-01-02T06:00:00.000Z';
const DEADLINES = {
  ...{ offered: '1d', assigned: '90d', consent: '30d', silent: '1d', confirm: '6h', cancel: '1h' },
  ...{ whole: '7d', quiet: '1d' },
};

describe('what a tenant settles about its rollouts', () => {
  let rookery: TestRookery;

  beforeAll(async () => {
    rookery = await startRookery();
  });
  afterAll(() => rookery.close());

  const settings = (): request.Test =>
    request(rookery.url).get('/api/v1/tenant/settings').auth(rookery.token, { type: 'bearer' });
  const change = (body: object): request.Test =>
    request(rookery.url).patch('/api/v1/tenant/settings').auth(rookery.token, { type: 'bearer' }).send(body);

  it('is nothing to begin with, but deadlines and a breaker', async () => {
    expect((await settings().expect(200)).body).toMatchObject({
      rollouts: { requiresApproval: false, demandsPreview: false, freezes: [] },
      deadlines: DEADLINES,
      breaker: { failureShare: 20, sample: 20 },
    });
  });

  it('is changed field by field, with freezes in the order of their beginnings', async () => {
    const freezes = [{ from: FROM, to: TO, reason: 'holidays' }];
    const later = [{ from: TO, to: '2032-01-01T00:00:00.000Z', reason: 'audit' }];
    const { body } = await change({
      rollouts: { demandsPreview: true, freezes: [...later, ...freezes] },
      deadlines: { silent: '90m', quiet: '36h' },
      breaker: { failureShare: 2.5 },
    }).expect(200);
    expect(body).toMatchObject({
      rollouts: { requiresApproval: false, demandsPreview: true, freezes: [...freezes, ...later] },
      deadlines: { ...DEADLINES, silent: '90m', quiet: '36h' },
      breaker: { failureShare: 2.5, sample: 20 },
    });
    expect((await settings()).body).toEqual(body);
    const same = { rollouts: { freezes: [...freezes, ...later] }, deadlines: { silent: '5400s' } };
    expect((await change(same).expect(200)).body.revision).toBe(body.revision);
  });

  it.each([
    [{ deadlines: { silent: 'soon' } }, 'deadlines.silent', 'must be a duration'],
    [{ deadlines: { silent: '10ms' } }, 'deadlines.silent', 'must be 1s at least'],
    [{ deadlines: { silent: '367d' } }, 'deadlines.silent', 'must be 366d at most'],
    [{ deadlines: { patience: '1d' } }, 'deadlines.patience', 'is not known here'],
    [{ breaker: { failureShare: 101 } }, 'breaker.failureShare', 'from 0 to 100'],
    [{ breaker: { sample: 0 } }, 'breaker.sample', 'from 1 to'],
    [{ rollouts: { requiresApproval: 'yes' } }, 'rollouts.requiresApproval', 'true or false'],
    [
      { rollouts: { freezes: [{ from: FROM, to: FROM, reason: 'x' }] } },
      'rollouts.freezes[0].to',
      'must be after from',
    ],
    [
      { rollouts: { freezes: [{ from: 'now', to: TO, reason: 'x' }] } },
      'rollouts.freezes[0].from',
      'must be a moment',
    ],
    [{ rollouts: { freezes: [{ from: FROM, to: TO }] } }, 'rollouts.freezes[0].reason', 'is missing'],
  ])('cannot be %j', async (body, path, why) => {
    const { errors } = (await change(body).expect(400)).body;
    expect(Object.keys(errors as object)).toEqual([path]);
    expect(errors[path]).toContain(why);
  });
});
