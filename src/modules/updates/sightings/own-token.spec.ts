import { tokenHash } from '../../identity/token';
import { ownTokenOf, type TokenHolder } from './own-token';

const NOW = 1_000_000;
const at = (ms: number): Date => new Date(NOW + ms);
const holder = (changes: Partial<TokenHolder> = {}): TokenHolder => ({
  targetTokenHash: tokenHash('new'),
  targetTokenExpiresAt: undefined,
  previousToken: undefined,
  ...changes,
});
const which = (text: string, changes: Partial<TokenHolder> = {}): string | undefined =>
  ownTokenOf(holder(changes), tokenHash(text), NOW);

describe('ownTokenOf', () => {
  it('knows the current token until it ends', () => {
    expect(which('new')).toBe('current');
    expect(which('new', { targetTokenExpiresAt: at(1) })).toBe('current');
    expect(which('new', { targetTokenExpiresAt: at(0) })).toBeUndefined();
  });

  it('knows the one before until it ends', () => {
    const previous = (ms: number): Partial<TokenHolder> => ({
      previousToken: { hash: tokenHash('old'), expiresAt: at(ms) },
    });
    expect(which('old')).toBeUndefined();
    expect(which('old', previous(1))).toBe('previous');
    expect(which('old', previous(0))).toBeUndefined();
    expect(which('old', { ...previous(1), targetTokenExpiresAt: at(-1) })).toBe('previous');
  });

  it('knows no other, and none of a device that holds none', () => {
    expect(which('newer')).toBeUndefined();
    expect(which('new', { targetTokenHash: undefined })).toBeUndefined();
  });
});
