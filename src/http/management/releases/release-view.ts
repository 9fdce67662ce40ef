import { ApiSchema } from '@nestjs/swagger';
import { BLOB_FAULTS, type BlobFault } from '../../../modules/artifacts/sources/source';
import {
  INVALIDATIONS,
  type Artifact,
  type Invalidation,
  type Release,
  type ReleaseModule,
} from '../../../modules/releases/release/release';
import type { Judgement, Signer } from '../../../modules/trust/judgement';
import {
  ShowsCount,
  ShowsFlag,
  ShowsId,
  ShowsInstant,
  ShowsPart,
  ShowsText,
  ShowsWord,
  type Shown,
} from '../../shared/shown-field';
import { pageSchema } from '../page-query';
import { UPGRADE_FROM } from './intake/release-details-body';

/** What a release fits. */
@ApiSchema({ name: 'HardwarePattern' })
export class HardwarePatternView {
  @ShowsText({ description: '`*` and `?` are globs.', example: 'board-a' })
  model!: string;

  @ShowsText({ description: "A glob, or SWUpdate's `#RE:<expression>`.", example: '1.*' })
  revision!: string;
}

/** Where a linked file lies. */
@ApiSchema({ name: 'ArtifactSource' })
export class ArtifactSourceView {
  @ShowsText({
    description: 'Without what stood behind its `?`, which counts as a credential.',
    example: 'https://files.example.com/basic-1.0.swu',
  })
  url!: string;

  @ShowsFlag({
    description: 'A user, a token or a query is stored with it, sealed. They are shown to nobody.',
  })
  hasCredentials!: boolean;
}

/** Who signed a file. */
@ApiSchema({ name: 'Signer' })
export class SignerView {
  @ShowsWord(['certificate', 'key'], { schemaName: 'SignerKind' })
  kind!: 'certificate' | 'key';

  @ShowsText({ description: 'SHA-256 over the certificate, or over the public key.' })
  fingerprint!: string;

  @ShowsText({ optional: true, example: 'CN=Release signing, O=Example' })
  subject?: string | undefined;

  @ShowsText({ optional: true })
  issuer?: string | undefined;

  @ShowsText({ optional: true, description: 'Hex.' })
  serial?: string | undefined;

  @ShowsInstant({ optional: true, description: 'When it was signed, as the signer says.' })
  signedAt?: Date | undefined;
}

/** What a file's signature was worth when it was judged. */
@ApiSchema({ name: 'Signature' })
export class SignatureView {
  @ShowsWord(['signed', 'untrusted', 'broken', 'unsigned'], {
    schemaName: 'SignatureKind',
    description:
      '`signed`: a trust anchor vouches for it. `untrusted`: nothing is wrong with it as far as can be seen, but none does. `broken`: offered to nobody.',
  })
  kind!: Judgement['kind'];

  @ShowsPart(SignerView, { isList: true })
  signers!: readonly Shown<SignerView>[];

  @ShowsText({ optional: true, description: 'Why it is untrusted or broken.' })
  reason?: string | undefined;
}

/** A file of a release. */
@ApiSchema({ name: 'Artifact' })
export class ArtifactView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'basic-1.0.swu' })
  fileName!: string;

  @ShowsCount()
  sizeBytes!: number;

  @ShowsText({ description: 'Lower-case hex, as are the others.' })
  sha256!: string;

  @ShowsText()
  sha1!: string;

  @ShowsText()
  md5!: string;

  @ShowsText()
  crc32!: string;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsPart(ArtifactSourceView, {
    optional: true,
    description: 'Only of a file that stays on another server; devices get it from there through this one.',
  })
  source?: ArtifactSourceView;

  @ShowsWord(BLOB_FAULTS, {
    optional: true,
    schemaName: 'BlobFault',
    description: 'What is wrong with the bytes; while that is so the release is offered to nobody.',
  })
  fault?: BlobFault;

  @ShowsPart(SignatureView)
  signature!: Shown<SignatureView>;
}

/** A note on a module. */
@ApiSchema({ name: 'ModuleMetadata' })
export class MetadataView {
  @ShowsText()
  key!: string;

  @ShowsText()
  value!: string;

  @ShowsFlag({ description: 'Devices are told it.' })
  isVisible!: boolean;
}

/** A part of a release that devices see as one chunk. */
@ApiSchema({ name: 'Module' })
export class ModuleView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'os' })
  type!: string;

  @ShowsText()
  name!: string;

  @ShowsText()
  version!: string;

  @ShowsText({
    description: 'How the bytes were understood: `swu`, `raucb`, `esp-image` or `opaque`.',
    example: 'swu',
  })
  format!: string;

  @ShowsText({ optional: true })
  description?: string;

  @ShowsFlag({ description: 'Devices are told that its files are encrypted.' })
  isEncrypted!: boolean;

  @ShowsPart(MetadataView, { isList: true })
  metadata!: readonly MetadataView[];

  @ShowsPart(ArtifactView, { isList: true })
  artifacts!: readonly ArtifactView[];
}

/** A release as the API shows it. */
@ApiSchema({ name: 'Release' })
export class ReleaseView {
  @ShowsId()
  id!: string;

  @ShowsText({ example: 'basic' })
  name!: string;

  @ShowsText({ example: '1.0' })
  version!: string;

  @ShowsText()
  notes!: string;

  @ShowsPart(HardwarePatternView, { isList: true, description: 'Empty: it is never offered.' })
  hardware!: readonly HardwarePatternView[];

  @ShowsText({ description: 'Identifies the content: the same files have the same digest.' })
  digest!: string;

  @ShowsText({ isList: true, description: 'What may surprise on a device.' })
  warnings!: readonly string[];

  @ShowsFlag({ description: 'It is offered only by force, until it is reinstated.' })
  isWithdrawn!: boolean;

  @ShowsText({
    optional: true,
    description: 'Who withdrew it: a person, a rollout that failed, or `breaker`.',
    example: 'rollout:12',
  })
  withdrawnBy?: string | undefined;

  @ShowsText({ optional: true, description: UPGRADE_FROM, example: '>=1.2.0 <2.0.0' })
  upgradeFrom?: string | undefined;

  @ShowsFlag({ description: 'What is assigned to a device later waits until this one is done.' })
  isRequiredStep!: boolean;

  @ShowsWord(INVALIDATIONS, {
    optional: true,
    schemaName: 'Invalidation',
    description: 'Invalid for good; what that did to open actions.',
  })
  invalidation?: Invalidation | undefined;

  @ShowsInstant()
  createdAt!: Date;

  @ShowsText({ example: 'token:ci' })
  createdBy!: string;

  @ShowsPart(ModuleView, { isList: true })
  modules!: readonly ModuleView[];
}

export const ReleasePage = pageSchema('ReleasePage', ReleaseView);

export function releaseView(release: Release): Shown<ReleaseView> {
  const { id, name, version, notes, hardware, digest, warnings, isWithdrawn, createdAt, createdBy } = release;
  const { isRequiredStep, invalidation, withdrawnBy, upgradeFrom } = release;
  const modules = release.modules.map(moduleView);
  return {
    ...{ id, name, version, notes, hardware, digest, warnings, isWithdrawn, isRequiredStep, invalidation },
    ...{ withdrawnBy, upgradeFrom, createdAt, createdBy, modules },
  };
}

function moduleView(module: ReleaseModule): Shown<ModuleView> {
  const { id, type, name, version, format, description, isEncrypted, metadata } = module;
  const artifacts = module.artifacts.map(artifactView);
  return {
    ...{ id, type, name, version, format },
    ...(description === undefined ? {} : { description }),
    ...{ isEncrypted, metadata, artifacts },
  };
}

function artifactView(artifact: Artifact): Shown<ArtifactView> {
  const { id, fileName, sizeBytes, sha256, sha1, md5, crc32, createdAt, source, fault, signature } = artifact;
  return {
    ...{ id, fileName, sizeBytes, sha256, sha1, md5, crc32, createdAt },
    ...(source === undefined ? {} : { source }),
    ...(fault === undefined ? {} : { fault }),
    signature: signatureView(signature),
  };
}

function signatureView(judgement: Judgement): Shown<SignatureView> {
  const signers = 'signers' in judgement ? judgement.signers.map(signerView) : [];
  return { kind: judgement.kind, signers, ...('reason' in judgement ? { reason: judgement.reason } : {}) };
}

function signerView(signer: Signer): Shown<SignerView> {
  const { kind, fingerprint } = signer;
  if (signer.kind === 'key') return { kind, fingerprint };
  const { subject, issuer, serial, signedAtMs } = signer;
  const signedAt = signedAtMs === undefined ? {} : { signedAt: new Date(signedAtMs) };
  return { kind, fingerprint, subject, issuer, serial, ...signedAt };
}
