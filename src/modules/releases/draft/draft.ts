import { createHash } from 'node:crypto';
import type { BundleFacts } from '../bundles/bundle-facts';
import { faultOfPattern, MAX_PATTERNS, parseHardwareList, type HardwarePattern } from '../release/hardware';
import { parseModulePlans, type ModulePlan } from './module-plan';
import type { ModuleMetadata } from '../release/release';
import { ReleaseFieldError } from '../releases.errors';
import { isVersionRange } from '../release/version';

/** What the caller wrote beside the files. */
export interface ReleaseForm {
  readonly name?: string;
  readonly version?: string;
  readonly notes?: string;
  readonly compatibility?: string;
  /** How the files are grouped into modules (JSON); else each file is a module. */
  readonly modules?: string;
  /** `true`: what is assigned to a device later waits until this one is done. */
  readonly requiredStep?: string;
  /** The versions that it upgrades from, as a range of SemVer. */
  readonly upgradeFrom?: string;
}

/** One received file: what it says about itself and what its bytes are. */
export interface DraftFile {
  readonly fileName: string;
  readonly facts: BundleFacts;
  readonly sha256: string;
}

/** A release about to be stored: the form and the files brought together. */
export interface ReleaseDraft {
  readonly name: string;
  readonly version: string;
  readonly notes: string;
  readonly hardware: readonly HardwarePattern[];
  readonly warnings: readonly string[];
  readonly digest: string;
  readonly isRequiredStep: boolean;
  readonly upgradeFrom: string | undefined;
  readonly modules: readonly DraftModule[];
}

export interface DraftModule {
  readonly type: string;
  readonly name: string;
  readonly version: string;
  readonly format: string;
  readonly description?: string;
  readonly isEncrypted: boolean;
  readonly metadata: readonly ModuleMetadata[];
  readonly fileNames: readonly string[];
  /** The caller grouped the files; else each makes a module by itself. */
  readonly isPlanned: boolean;
}

const MAX_TEXT = 256;
const MAX_NOTES = 20_000;

/** Brings form and files together. @throws ReleaseFieldError for what neither of them tells. */
export function draftRelease(form: ReleaseForm, files: readonly DraftFile[]): ReleaseDraft {
  const [first] = files;
  if (first === undefined)
    throw new ReleaseFieldError('file', 'is missing: a release needs at least one file');
  refuseSameNames(files);
  const version = checked('version', form.version ?? sharedVersion(files));
  const name = checked('name', form.name ?? first.facts.name ?? nameFromFile(first.fileName, version));
  const hardware = hardwareFor(form, files);
  const notes = form.notes ?? '';
  if (notes.length > MAX_NOTES)
    throw new ReleaseFieldError('notes', `must not exceed ${MAX_NOTES} characters`);
  if (notes.includes('\u0000')) throw new ReleaseFieldError('notes', 'must not hold the character NUL');
  const modules =
    form.modules === undefined
      ? files.map((file) => moduleOf(file, version))
      : grouped(parseModulePlans(form.modules), files, version);
  const isRequiredStep = flagOf('requiredStep', form.requiredStep);
  const upgradeFrom = rangeOf(form.upgradeFrom);
  const warnings = files.flatMap((file) =>
    file.facts.warnings.map((warning) => `${file.fileName}: ${warning}`),
  );
  const digest = digestOf(files);
  return { name, version, notes, hardware, warnings, digest, isRequiredStep, upgradeFrom, modules };
}

function refuseSameNames(files: readonly DraftFile[]): void {
  const names = new Set(files.map((file) => file.fileName));
  if (names.size < files.length) throw new ReleaseFieldError('file', 'is given twice under the same name');
}

function sharedVersion(files: readonly DraftFile[]): string {
  const versions = new Set(files.flatMap((file) => file.facts.version ?? []));
  const [only] = versions;
  if (only === undefined) throw new ReleaseFieldError('version', 'is missing: the files do not tell it');
  if (versions.size > 1) {
    throw new ReleaseFieldError('version', `is needed, since the files say ${[...versions].join(' and ')}`);
  }
  return only;
}

/** What stands between a name and its version: `-`, `_v`; the v of `dev-1.0` belongs to the name. */
const BEFORE_VERSION = /[-_. ]+v?$|^v$/;

/** `basic-1.0.swu` with version 1.0 belongs to the release "basic". */
function nameFromFile(fileName: string, version: string): string {
  const stem = fileName.replace(/\.[A-Za-z]\w{0,7}$/, '');
  const bare = stem.endsWith(version) ? stem.slice(0, -version.length).replace(BEFORE_VERSION, '') : stem;
  return bare === '' ? stem : bare;
}

function checked(field: 'name' | 'version', text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') throw new ReleaseFieldError(field, 'must not be empty');
  if (trimmed.length > MAX_TEXT) throw new ReleaseFieldError(field, `must not exceed ${MAX_TEXT} characters`);
  // eslint-disable-next-line no-control-regex -- exactly those are refused: they would break logs and headers
  if (/[\u0000-\u001f\u007f]/.test(trimmed))
    throw new ReleaseFieldError(field, 'must not hold control characters');
  return trimmed;
}

/** What the form says stands above what the bundles say; else what all of them have in common. */
function hardwareFor(form: ReleaseForm, files: readonly DraftFile[]): HardwarePattern[] {
  const hardware = form.compatibility === undefined ? common(files) : parseHardwareList(form.compatibility);
  if (hardware === undefined) {
    throw new ReleaseFieldError('compatibility', 'must name hardware as model:revision, or * for all');
  }
  if (hardware.length > MAX_PATTERNS) {
    throw new ReleaseFieldError('compatibility', `must not name more than ${MAX_PATTERNS} kinds of hardware`);
  }
  for (const pattern of hardware) {
    const fault = faultOfPattern(pattern);
    if (fault !== undefined) throw new ReleaseFieldError('compatibility', fault);
  }
  return hardware;
}

function common(files: readonly DraftFile[]): HardwarePattern[] {
  const opaque = files.find((file) => file.facts.format === 'opaque');
  if (opaque !== undefined) {
    throw new ReleaseFieldError(
      'compatibility',
      `is missing: ${opaque.fileName} does not tell what hardware it fits`,
    );
  }
  const key = (pattern: HardwarePattern): string => JSON.stringify([pattern.model, pattern.revision]);
  const [first, ...others] = files.map((file) => file.facts.hardware);
  const shared = (first ?? []).filter((pattern) =>
    others.every((list) => list.some((other) => key(other) === key(pattern))),
  );
  if (shared.length === 0 && files.length > 1) {
    throw new ReleaseFieldError('compatibility', 'is needed, since the files have no hardware in common');
  }
  return shared;
}

/** Text of a bundle, for people: bounded, and without what breaks logs or cannot be stored. */
function shown(text: string): string {
  return text.replace(/[\p{Cc}\p{Cs}]/gu, ' ').slice(0, MAX_TEXT);
}

function moduleOf(file: DraftFile, version: string): DraftModule {
  const { facts, fileName } = file;
  return {
    type: facts.format === 'swu' ? 'os' : 'application',
    name: shown(facts.name ?? nameFromFile(fileName, facts.version ?? version)),
    version: shown(facts.version ?? version),
    format: facts.format,
    ...(facts.description === undefined ? {} : { description: shown(facts.description) }),
    isEncrypted: false,
    metadata: [],
    fileNames: [fileName],
    isPlanned: false,
  };
}

/** Every file belongs to one module. What a plan leaves out is told by the module's first file. */
function grouped(plans: readonly ModulePlan[], files: readonly DraftFile[], version: string): DraftModule[] {
  const byName = new Map(files.map((file) => [file.fileName, file]));
  const used = new Set<string>();
  const modules = plans.map((plan) => {
    const own = plan.files.map((name) => {
      const file = byName.get(name);
      if (file === undefined)
        throw new ReleaseFieldError('modules', `names ${name}, which is not among the files`);
      if (used.has(name)) throw new ReleaseFieldError('modules', `names ${name} twice`);
      used.add(name);
      return file;
    });
    return plannedModule(plan, own, version);
  });
  const left = files.find((file) => !used.has(file.fileName));
  if (left !== undefined) throw new ReleaseFieldError('modules', `leaves out ${left.fileName}`);
  return modules;
}

function plannedModule(
  plan: ModulePlan,
  [first, ...others]: readonly DraftFile[],
  version: string,
): DraftModule {
  if (first === undefined) throw new ReleaseFieldError('modules', 'has a module without files');
  const { type, name, version: ownVersion, description, ...rest } = moduleOf(first, version);
  return {
    ...rest,
    type: plan.type ?? type,
    name: plan.name ?? name,
    version: plan.version ?? ownVersion,
    ...(description === undefined ? {} : { description }),
    isEncrypted: plan.isEncrypted,
    metadata: plan.metadata,
    fileNames: [first, ...others].map((file) => file.fileName),
    isPlanned: true,
  };
}

function flagOf(field: 'requiredStep', text: string | undefined): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw new ReleaseFieldError(field, 'must be true or false');
}

/** As it is written: it is for people, too. */
function rangeOf(text: string | undefined): string | undefined {
  const range = text?.trim();
  if (range === undefined || range === '') return undefined;
  if (range.length > MAX_TEXT || !isVersionRange(range))
    throw new ReleaseFieldError('upgradeFrom', 'must be a range of SemVer, such as >=1.2.0 <2.0.0');
  return range;
}

/** The same files under the same names in the same order make the same digest, whatever the release is called. */
function digestOf(files: readonly DraftFile[]): string {
  const hash = createHash('sha256');
  files.forEach((file, position) => hash.update(JSON.stringify([position + 1, file.fileName, file.sha256])));
  return hash.digest('hex');
}
