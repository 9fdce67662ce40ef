import { checkRollout } from '../checks/rollout-check';
import { faultOfPreviewHash, previewHash, type PreviewBasis } from './rollout-hash';
import { supersededBy, type Ranked } from './rollout-rank';

const definition = checkRollout(
  { name: 'spring', feed: 'stable', releaseId: '7' },
  { p90Ms: undefined, salt: undefined },
);
const BASIS: PreviewBasis = { definition, digest: 'abc', supersedes: ['9', '10'] };

describe('the hash of a preview', () => {
  it('is the same for the same, in whatever order the database gives it back', () => {
    const turned = Object.fromEntries(Object.entries(definition).reverse()) as unknown as typeof definition;
    const same = { ...BASIS, definition: turned, supersedes: ['10', '9'] };
    expect(faultOfPreviewHash(previewHash(BASIS), same)).toBeUndefined();
  });

  it('sees no difference in the order of keys further in, nor in keys without a value', () => {
    const { pace, terms, ...rest } = definition;
    const reversed = <T extends object>(one: T): T => Object.fromEntries(Object.entries(one).reverse()) as T;
    const turned = { ...rest, pace: reversed(pace), terms: { ...reversed(terms), note: undefined } };
    expect(previewHash({ ...BASIS, definition: turned })).toBe(previewHash(BASIS));
  });

  it('sees a difference in a value further in, in a key, and in a list', () => {
    const { waves, terms } = definition;
    const { forceAt: _forceAt, ...unforced } = terms;
    const others = [
      { ...definition, terms: { ...terms, weight: terms.weight - 1 } },
      { ...definition, terms: { ...unforced, forcedAt: new Date(0) } as unknown as typeof terms },
      { ...definition, terms: { ...terms, forceAt: new Date(0) } },
      { ...definition, terms: { ...terms, forceAt: new Date(1) } },
      { ...definition, waves: [...waves, ...waves] },
      { ...definition, waves: [] },
    ];
    const hashes = [definition, ...others].map((one) => previewHash({ ...BASIS, definition: one }));
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  it('is three parts of 32 characters', () => {
    expect(previewHash(BASIS)).toMatch(/^[0-9a-f]{32}-[0-9a-f]{32}-[0-9a-f]{32}$/);
  });

  it('does not cover what a rollout has besides its definition', () => {
    const running = { ...definition, state: 'running', revision: 4, devices: 12 };
    expect(previewHash({ ...BASIS, definition: running })).toBe(previewHash(BASIS));
  });

  it.each([
    [{ definition: { ...definition, priority: 1 } }, 'The rollout was changed since the preview'],
    [{ definition: { ...definition, startAt: new Date(0) } }, 'The rollout was changed since the preview'],
    [{ digest: 'abd' }, 'The release has other content than at the preview'],
    [{ supersedes: ['9'] }, 'Other rollouts would be superseded than at the preview'],
    [
      { digest: '', supersedes: [] },
      'The release has other content than at the preview, and other rollouts would be superseded than at the preview',
    ],
  ])('tells what is different: %#', (change, why) => {
    expect(faultOfPreviewHash(previewHash(BASIS), { ...BASIS, ...change })).toBe(why);
  });

  it.each(['', 'abc', 'a-b-c-d'])('that no preview gave out is told as such: %j', (hash) => {
    expect(faultOfPreviewHash(hash, BASIS)).toBe('No preview gave out this hash');
  });
});

describe('what a rollout supersedes', () => {
  const about = (id: string, feed: string | undefined, priority = 0): Ranked => ({
    id,
    priority,
    population: { feed, filter: feed === undefined ? 'tag==a' : undefined, revertsRolloutId: undefined },
  });

  it('is what may mean the same devices and is not above it', () => {
    const others = [
      about('10', 'a'),
      about('9', 'a', 1),
      about('8', 'b'),
      about('7', undefined),
      about('2', 'a'),
    ];
    expect(supersededBy(about('2', 'a'), others)).toEqual(['7', '10']);
  });

  it('may be anything where it follows no feed', () => {
    expect(supersededBy(about('2', undefined), [about('3', 'a'), about('4', 'b')])).toEqual(['3', '4']);
  });
});
