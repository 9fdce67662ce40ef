import { Random } from './random';

/** The clients that the simulator knows how to be. */
export const PROFILES = ['swupdate', 'rauc', 'zephyr', 'esp'] as const;
export type ProfileName = (typeof PROFILES)[number];

/** How much of the fleet is which client; only the proportions count. */
export type ProfileShares = Readonly<Partial<Record<ProfileName, number>>>;

/**
 * The client of each device. The shares are met as exactly as whole devices allow, in small fleets too; which device is
 * which is shuffled by the seed.
 */
export function dealProfiles(count: number, shares: ProfileShares, seed: number): ProfileName[] {
  const total = PROFILES.reduce((sum, name) => sum + (shares[name] ?? 0), 0);
  if (!(total > 0)) throw new RangeError('the shares of the profiles add up to nothing');
  const dealt: ProfileName[] = [];
  let passed = 0;
  for (const name of PROFILES) {
    passed += shares[name] ?? 0;
    const until = Math.round((passed / total) * count);
    while (dealt.length < until) dealt.push(name);
  }
  return shuffled(dealt, new Random(seed, 'profiles'));
}

function shuffled(cards: ProfileName[], random: Random): ProfileName[] {
  for (let last = cards.length - 1; last > 0; last -= 1) {
    const other = Math.floor(random.next() * (last + 1));
    const [one, two] = [cards[last], cards[other]];
    if (one !== undefined && two !== undefined) [cards[last], cards[other]] = [two, one];
  }
  return cards;
}
