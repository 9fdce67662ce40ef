import semver from 'semver';
import { Remembered } from '../../../platform/memory/remembered';

/** Longer than any version a client can show; bounds the work of comparing hostile ones. */
const MAX_LENGTH = 256;
/** Versions are few and asked about at every poll, but a device may report any. */
const MOST_REMEMBERED = 1000;
const remembered = new Remembered(MOST_REMEMBERED, readVersion);

/**
 * A version as SemVer, padded: `1` and `1.0` mean `1.0.0`. Anything else (dates, `v7-rc`, `2024.04.1-b`) is no
 * SemVer: it is compared by equality only and is never higher or lower than another.
 */
export function parseVersion(text: string): semver.SemVer | undefined {
  return text.length > MAX_LENGTH ? undefined : remembered.answerTo(text);
}

function readVersion(text: string): semver.SemVer | undefined {
  const padded = /^(\d+)(\.\d+)?$/.exec(text);
  const full = padded === null ? text : `${text}${padded[2] === undefined ? '.0.0' : '.0'}`;
  return /^\d/.test(full) ? (semver.parse(full) ?? undefined) : undefined;
}

/** Negative when `a` is lower than `b`, positive when higher, 0 when equal; undefined when they cannot be ordered. */
export function compareVersions(a: string, b: string): number | undefined {
  if (a === b) return 0;
  const [left, right] = [parseVersion(a), parseVersion(b)];
  return left === undefined || right === undefined ? undefined : left.compare(right);
}

/** `1.0` equals `1.0.0` and `1.0.0+build7`. */
export function isSameVersion(a: string, b: string): boolean {
  return compareVersions(a, b) === 0;
}

/** True for `2.0.0-rc.1`. What is no SemVer is not a prerelease. */
export function isPrerelease(text: string): boolean {
  return (parseVersion(text)?.prerelease.length ?? 0) > 0;
}

/** Whether the text is a range of SemVer: `>=1.2.0 <2.0.0`, `^1.4`, `1.x || 2.x`. */
export function isVersionRange(text: string): boolean {
  return text.length <= MAX_LENGTH && semver.validRange(text) !== null;
}
