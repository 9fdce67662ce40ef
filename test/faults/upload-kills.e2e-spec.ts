import { killAmidUploads } from './upload-kills';

jest.setTimeout(240_000);

describe('kill -9 of the server amid uploads', () => {
  it('shows no release with missing bytes, loses none that was acknowledged, and leaves nothing behind', async () => {
    // The short form of `npm run proof:uploads`.
    const { faults, atTheKill, litter, comparedFiles } = await killAmidUploads({ kills: 8, seed: 6 });
    expect(faults).toEqual([]);
    expect(litter.after).toEqual({ staged: 0, partial: 0, orphans: 0 });
    expect(atTheKill.brokenOff).toBeGreaterThan(0);
    expect(comparedFiles).toBeGreaterThan(20);
  });
});
