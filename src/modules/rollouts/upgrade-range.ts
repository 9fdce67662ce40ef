import semver from 'semver';
import { parseVersion } from '../releases/version';

/** Versions are few, but a device may report any. */
const MOST_REMEMBERED = 1000;
const MAX_LENGTH = 256;

/**
 * The versions that a release upgrades from, as a question. Prereleases stand where SemVer orders them: 1.5.0-rc.1 is within
 * `>=1.0.0`. What is no SemVer is in no range, and a range that is none admits nothing.
 */
export function upgradeRange(text: string): (installed: string) => boolean {
  const range = readRange(text);
  const answers = new Map<string, boolean>();
  return (installed) => {
    const known = answers.get(installed);
    if (known !== undefined) return known;
    const version = parseVersion(installed);
    const isWithin = version !== undefined && range?.test(version) === true;
    if (answers.size >= MOST_REMEMBERED) answers.clear();
    answers.set(installed, isWithin);
    return isWithin;
  };
}

function readRange(text: string): semver.Range | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return new semver.Range(text, { includePrerelease: true });
  } catch {
    return undefined;
  }
}
