import semver from 'semver';
import { Remembered } from '../../../platform/memory/remembered';
import { parseVersion } from '../../releases/release/version';

/** Versions are few, but a device may report any. */
const MOST_REMEMBERED = 1000;
const MAX_LENGTH = 256;

/**
 * The versions that a release upgrades from, as a question. Prereleases stand where SemVer orders them: 1.5.0-rc.1 is within
 * `>=1.0.0`. What is no SemVer is in no range, and a range that is none admits nothing.
 */
export function upgradeRange(text: string): (installed: string) => boolean {
  const range = readRange(text);
  const isWithin = (installed: string): boolean => {
    const version = parseVersion(installed);
    return version !== undefined && range?.test(version) === true;
  };
  const remembered = new Remembered(MOST_REMEMBERED, isWithin);
  return (installed) => remembered.answerTo(installed);
}

function readRange(text: string): semver.Range | undefined {
  if (text.length > MAX_LENGTH) return undefined;
  try {
    return new semver.Range(text, { includePrerelease: true });
  } catch {
    return undefined;
  }
}
