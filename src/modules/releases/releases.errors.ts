import { DomainError } from '../../platform/errors/domain.error';

/** An uploaded file is not what it claims to be; the message says what is wrong and where. */
export class BundleError extends DomainError {
  constructor(fileName: string, why: string) {
    super('unprocessable', 'bad_bundle', `${fileName}: ${why}`, { file: why });
  }
}

/** The tenant takes only files that say what they are. */
export class OpaqueFileError extends DomainError {
  constructor(fileName: string) {
    const why = 'is of no format that is known here, and this tenant takes no others (signatures.opaque)';
    super('unprocessable', 'opaque_file', `${fileName} ${why}.`, { file: why });
  }
}

/** What the files do not tell has to come in the form. */
export class ReleaseFieldError extends DomainError {
  constructor(
    field:
      'name' | 'version' | 'compatibility' | 'file' | 'notes' | 'modules' | 'requiredStep' | 'upgradeFrom',
    why: string,
  ) {
    super('unprocessable', 'missing_field', `${field} ${why}`, { [field]: why });
  }
}

/** What arrived is not what the caller said would; the message names both digests. */
export class DigestMismatchError extends DomainError {
  constructor(mismatch: {
    readonly field: string;
    readonly fileName: string;
    readonly declared: string;
    readonly received: string;
  }) {
    const { field, fileName, declared, received } = mismatch;
    const why = `is ${declared}, but what arrived has ${received}`;
    super('unprocessable', 'digest_mismatch', `The sha256 declared for ${fileName} ${why}.`, {
      [field]: why,
    });
  }
}

export class ReleaseExistsError extends DomainError {
  constructor(
    name: string,
    version: string,
    readonly id: string,
  ) {
    super(
      'conflict',
      'release_exists',
      `There is a release "${name}" ${version} already: number ${id}. Choose another version, or delete that one.`,
      { version: `is taken by release ${id}` },
    );
  }
}

/** Another release has the version for hardware that this one is for as well. */
export class AmbiguousVersionError extends DomainError {
  constructor(version: string, { id, name }: { readonly id: string; readonly name: string }) {
    super(
      'conflict',
      'ambiguous_version',
      `Release ${id} ("${name}") is version ${version} already, with other files and for some of the same hardware; devices ` +
        'tell only their version, so it could not be told which of the two they run. Choose another version, or delete that one.',
      { version: `is that of release ${id} for some of the same hardware` },
    );
  }
}

export class ReleaseInUseError extends DomainError {
  constructor(id: string, by: string) {
    super('conflict', 'release_in_use', `Release ${id} is in use: ${by}.`);
  }
}

/** The request names a release that is not there: 422, since the request itself was well formed. */
export class UnknownReleaseError extends DomainError {
  constructor(field: string, id: string) {
    super('unprocessable', 'unknown_release', `There is no release ${id}.`, { [field]: 'names no release' });
  }
}

/** The release is there, but nobody may get it any more. */
export class InvalidReleaseError extends DomainError {
  constructor(id: string, why: string) {
    super('conflict', 'invalid_release', `Release ${id} ${why}; take another one.`, { release: why });
  }
}

/** The release is there and valid, but its signatures are not what the tenant demands. */
export class UnsoundReleaseError extends DomainError {
  constructor(id: string, why: string) {
    super('conflict', 'unsound_release', `Release ${id} may not be rolled out. ${why}`, { release: why });
  }
}

export class ModuleTypeExistsError extends DomainError {
  constructor(key: string) {
    super('conflict', 'module_type_exists', `There is a module type "${key}" already.`, { key: 'is taken' });
  }
}

export class ModuleTypeInUseError extends DomainError {
  constructor(key: string, by: string) {
    super('conflict', 'module_type_in_use', `Module type "${key}" is in use: ${by}.`);
  }
}

export class TooManyModuleTypesError extends DomainError {
  constructor(limit: number) {
    super('full', 'too_many_module_types', `A tenant may have at most ${limit} module types.`);
  }
}
