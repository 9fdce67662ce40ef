import type { Artifact } from '../../src/modules/releases/release/release';

/** Artifact 5: firmware.swu, 1000 bytes. */
export function anArtifact(changes: Partial<Artifact> = {}): Artifact {
  return {
    id: '5',
    fileName: 'firmware.swu',
    sizeBytes: 1000,
    sha256: 'c'.repeat(64),
    sha1: 'a'.repeat(40),
    md5: 'b'.repeat(32),
    crc32: 'd'.repeat(8),
    createdAt: new Date('2026-11-21T12:00:00Z'),
    signature: { kind: 'unsigned' },
    ...changes,
  };
}
