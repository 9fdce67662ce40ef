import {
  aDemoModel,
  aFinishedModel,
  aHalfwayModel,
  aWaitingModel,
} from '../../../../test/support/a-demo-model';
import { expectGolden } from '../../../../test/support/golden';
import type { DemoModel } from '../model';
import { plainLines } from './plain';

function told(...models: readonly DemoModel[]): string[] {
  return models.flatMap((model, at) => plainLines(models[at - 1], model));
}

describe('the demo where there is no terminal', () => {
  it('tells a whole rollout in lines, as the golden file shows', () => {
    const { rollout } = aHalfwayModel();
    const models = [
      aDemoModel(),
      aWaitingModel(),
      aHalfwayModel(),
      aHalfwayModel({ seconds: 30, rollout: { ...rollout!, state: 'paused' } }),
      aHalfwayModel({ seconds: 59, phase: 'judging' }),
      aFinishedModel(),
      aFinishedModel({ seconds: 70 }),
    ];
    expectGolden('plain', `${told(...models).join('\n')}\n`);
  });

  it('says nothing when nothing has changed but the time and the pace', () => {
    const fleet = { ...aHalfwayModel().fleet, pollsPerSecond: 151 };
    expect(plainLines(aHalfwayModel(), aHalfwayModel({ seconds: 40, fleet }))).toEqual([]);
  });

  it('says that the server is lost, and no figures of it any more', () => {
    const lines = plainLines(aHalfwayModel(), aHalfwayModel({ seconds: 40, phase: 'lost' }));
    expect(lines).toEqual([' 0:40  The server has ended of its own accord']);
  });

  it('invites to nothing that will be gone at once', () => {
    const [before, after] = [aHalfwayModel({ isStaying: false }), aFinishedModel({ isStaying: false })];
    expect(told(before, after).filter((line) => line.includes('/explain'))).toEqual([]);
  });
});
