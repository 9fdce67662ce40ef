import type { ReleaseDraft } from './draft';
import type { Release } from '../release/release';

/**
 * Whether the draft says in everything what the release says that has its name and version: then somebody sent it once more,
 * since the answer was lost on the way. A release that nobody may get any more is not what they want.
 */
export function isRepetition(draft: ReleaseDraft, release: Release): boolean {
  if (release.invalidation !== undefined || release.isWithdrawn) return false;
  return draft.digest === release.digest && sayingOf(draft) === sayingOf(shapeOf(release));
}

type Saying = Pick<
  ReleaseDraft,
  'name' | 'version' | 'notes' | 'hardware' | 'isRequiredStep' | 'upgradeFrom'
> & {
  readonly modules: readonly Omit<ReleaseDraft['modules'][number], 'isPlanned' | 'format' | 'description'>[];
};

function shapeOf({ modules, ...release }: Release): Saying {
  return {
    ...release,
    modules: modules.map((module) => ({
      ...module,
      fileNames: module.artifacts.map((artifact) => artifact.fileName),
    })),
  };
}

/** Postgres gives the keys of an object back in an order of its own. */
function sayingOf(saying: Saying): string {
  const { name, version, notes, hardware, isRequiredStep, upgradeFrom = null, modules } = saying;
  return JSON.stringify([
    [name, version, notes, isRequiredStep, upgradeFrom],
    hardware.map(({ model, revision }) => [model, revision]),
    modules.map((module) => [
      [module.type, module.name, module.version, module.isEncrypted],
      module.metadata.map(({ key, value, isVisible }) => [key, value, isVisible]),
      module.fileNames,
    ]),
  ]);
}

/** A file and what came beside it. */
interface SignedFile {
  readonly fileName: string;
  readonly signature?: Buffer | undefined;
}

/** Whether the files came with the very signatures beside them: another one would have to be judged, not passed over. */
export function isSignedAlike(files: readonly SignedFile[], beside: ReadonlyMap<string, Buffer>): boolean {
  return files.every(({ fileName, signature }) => {
    const known = beside.get(fileName);
    return known === undefined || signature === undefined ? known === signature : known.equals(signature);
  });
}
