import { aWave } from '../../../../test/support/a-plan';
import { NO_MEMBERS } from './wave';
import { WaveRoll } from './wave-roll';

describe('WaveRoll', () => {
  const roll = new WaveRoll([
    aWave(3, 0, { members: { ...NO_MEMBERS, controllerIds: ['both', 'late'], tags: ['field'] } }),
    aWave(1, 0, { members: { ...NO_MEMBERS, controllerIds: ['both'], tags: ['lab'] } }),
  ]);

  it('finds the first wave that names a device, in whatever order they come', () => {
    expect(roll.firstWaveOf('both', [])).toBe(1);
    expect(roll.firstWaveOf('late', [])).toBe(3);
    expect(roll.firstWaveOf('late', ['lab'])).toBe(1);
    expect(roll.firstWaveOf('other', ['field', 'lab'])).toBe(1);
  });

  it('names nobody else, and by no tag a device whose tags are not known', () => {
    expect(roll.firstWaveOf('other', ['house'])).toBe(Infinity);
    expect(roll.firstWaveOf('other', undefined)).toBe(Infinity);
  });
});
