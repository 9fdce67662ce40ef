import { Injectable } from '@nestjs/common';
import { actorLabel, type Actor } from '../../platform/actor/actor';
import type { Sql } from '../../platform/database/database';
import { violatedConstraint } from '../../platform/database/database.errors';
import { pageOf, type Page, type PageRequest } from '../../platform/database/page';
import { NotFoundError } from '../../platform/errors/domain.error';
import { recordEvent } from '../../platform/events/event-log';
import { BlobsCollectedError } from '../artifacts/artifacts.errors';
import { ArtifactsService } from '../artifacts/artifacts.service';
import { TenantSettingsService } from '../tenants/tenant-settings.service';
import { TenantsService } from '../tenants/tenants.service';
import { refusalOf } from '../trust/judgement';
import { TrustService } from '../trust/trust.service';
import { isSameVersion } from './release/version';
import { draftRelease, type DraftModule, type ReleaseForm } from './draft/draft';
import { BoundedMatching, mayOverlap } from './release/hardware-overlap';
import { ModuleTypesService } from './module-types.service';
import { ReceivingService, type JudgedFile, type ReceivedFile } from './receiving.service';
import { isRepetition, isSignedAlike } from './draft/repetition';
import type { Artifact, Invalidation, Release } from './release/release';
import {
  AmbiguousVersionError,
  InvalidReleaseError,
  ReleaseExistsError,
  ReleaseFieldError,
  ReleaseInUseError,
  UnknownReleaseError,
  UnsoundReleaseError,
} from './releases.errors';
import { ReleasesRepository } from './releases.repository';

/** A release, and whether it was made just now or is there already since an earlier try. */
export interface MadeRelease {
  readonly release: Release;
  readonly isNew: boolean;
}

/** A release as a rollout needs it. */
export interface Offerable {
  readonly digest: string;
  /** How long nine of ten devices take with it; undefined: not known yet. */
  readonly p90Ms: number | undefined;
  /** Why it can be offered to nobody, signatures aside. */
  readonly fault: string | undefined;
}

type ReleaseDraft = ReturnType<typeof draftRelease>;

/** Releases never change, so what was read once stays right; this many are kept. */
const MAX_REMEMBERED = 500;

@Injectable()
export class ReleasesService {
  private readonly remembered = new Map<string, Release>();

  constructor(
    private readonly releases: ReleasesRepository,
    private readonly artifacts: ArtifactsService,
    private readonly tenants: TenantsService,
    private readonly types: ModuleTypesService,
    private readonly receiving: ReceivingService,
    private readonly settings: TenantSettingsService,
    private readonly trust: TrustService,
  ) {}

  /**
   * Makes one release of the received files; their bytes are in place before it can be seen. Sent once more in all the same
   * words it is the release that is there. @throws ReleaseExistsError when that one is another
   */
  async create(actor: Actor, form: ReleaseForm, files: readonly ReceivedFile[]): Promise<MadeRelease> {
    try {
      const judged = await this.receiving.judged(actor.tenantId, files);
      const draft = draftRelease(
        form,
        judged.map(({ fileName, facts, staged: { digest } }) => ({ fileName, facts, sha256: digest.sha256 })),
      );
      return await this.createOrFind(actor, draft, judged);
    } finally {
      await Promise.all(files.map((file) => file.staged.discard()));
    }
  }

  private async createOrFind(
    actor: Actor,
    draft: ReleaseDraft,
    files: readonly JudgedFile[],
  ): Promise<MadeRelease> {
    const { tenantId } = actor;
    try {
      const id = await this.store(actor, draft, files);
      return { release: await this.get(tenantId, id), isNew: true };
    } catch (error) {
      if (!(error instanceof ReleaseExistsError)) throw error;
      const existing = await this.find(tenantId, error.id);
      if (existing === undefined || !isRepetition(draft, existing)) throw error;
      if (!isSignedAlike(files, await this.releases.signaturesBeside(tenantId, existing.id))) throw error;
      return { release: await this.placedAgain(tenantId, existing, files), isNew: false };
    }
  }

  /**
   * The same bytes once more are what a release needs whose bytes are damaged, or lost and nobody has noticed yet. A linked file
   * may have got other credentials, or be stored from now on.
   */
  private async placedAgain(
    tenantId: string,
    release: Release,
    files: readonly JudgedFile[],
  ): Promise<Release> {
    const artifacts = release.modules.flatMap((module) => module.artifacts);
    const isThere = await Promise.all(artifacts.map((artifact) => this.isStoredWhole(tenantId, artifact)));
    if (isThere.every(Boolean)) return release;
    await this.artifacts.place(
      tenantId,
      files.map((file) => file.staged),
    );
    return this.get(tenantId, release.id);
  }

  private async isStoredWhole(tenantId: string, { sha256, fault, source }: Artifact): Promise<boolean> {
    return fault === undefined && source === undefined && (await this.artifacts.isStored(tenantId, sha256));
  }

  async list(actor: Actor, page: PageRequest): Promise<Page<Release>> {
    const rows = await this.releases.list(actor.tenantId, page);
    return pageOf(
      rows,
      page.limit,
      (release) => release.id,
      (release) => release,
    );
  }

  /** @throws NotFoundError */
  async get(tenantId: string, id: string): Promise<Release> {
    const release = await this.find(tenantId, id);
    if (release === undefined) throw new NotFoundError('release', id);
    return release;
  }

  /** Reads past the memory: a release that another replica deleted is not there. */
  async find(tenantId: string, id: string): Promise<Release | undefined> {
    if (!/^\d{1,10}$/.test(id)) return undefined;
    return this.releases.find(tenantId, id);
  }

  /** Whether there is such a release, as the caller's transaction sees it (hold the plan lock, or it may go). */
  async isThere(tx: Sql, tenantId: string, id: string): Promise<boolean> {
    return /^\d{1,10}$/.test(id) && this.releases.isThere(tx, tenantId, id);
  }

  /** The release of an assignment (hold the plan lock). @throws UnknownReleaseError, InvalidReleaseError */
  async getAssignable(tx: Sql, tenantId: string, id: string): Promise<{ id: string; version: string }> {
    const release = /^\d{1,10}$/.test(id) ? await this.releases.findAssignable(tx, tenantId, id) : undefined;
    if (release === undefined) throw new UnknownReleaseError('release', id);
    if (release.invalidation !== null) throw new InvalidReleaseError(id, 'was invalidated');
    if (release.isWithdrawn) throw new InvalidReleaseError(id, 'was withdrawn');
    const refusal = await this.refusalToRollOut(tx, tenantId, id);
    if (refusal !== undefined) throw new UnsoundReleaseError(id, refusal);
    return release;
  }

  /** The release that a device names by what it calls itself. */
  async findNamed(
    tx: Sql,
    tenantId: string,
    named: { name: string; version: string },
  ): Promise<{ id: string } | undefined> {
    return this.releases.findNamed(tx, tenantId, named.name, named.version);
  }

  /** Part of a plan change. False when it was invalid already. */
  async invalidate(tx: Sql, tenantId: string, id: string, invalidation: Invalidation): Promise<boolean> {
    this.remembered.delete(`${tenantId}/${id}`);
    return this.releases.invalidate(tx, tenantId, id, invalidation);
  }

  /** What a rollout of it depends on, and why it could be offered to nobody; undefined when there is no such release. */
  async findOfferable(sql: Sql, tenantId: string, id: string): Promise<Offerable | undefined> {
    const row = /^\d{1,10}$/.test(id) ? await this.releases.findOfferable(sql, tenantId, id) : undefined;
    if (row === undefined) return undefined;
    const { hardware, digest, invalidation, isWithdrawn, p90Ms } = row;
    const fault = faultOfOffer(hardware.length, invalidation !== null, isWithdrawn);
    return { digest, p90Ms: p90Ms === null ? undefined : Number(p90Ms), fault };
  }

  /**
   * Nobody is offered it any more but by force, until it is reinstated. What devices fetched goes on. Saying it twice is fine.
   * @throws NotFoundError
   */
  async withdraw(actor: Actor, id: string): Promise<Release> {
    const { tenantId } = actor;
    const release = await this.get(tenantId, id);
    await this.tenants.changePlan(tenantId, (tx) =>
      this.withdrawIn(tx, actor, release.id, actorLabel(actor)),
    );
    return this.get(tenantId, id);
  }

  /**
   * Part of a plan change: nobody but by force is offered the release any more, from the commit on. `by`: whoever or whatever
   * found it bad. False when it was withdrawn before: who did that is still who did it.
   */
  async withdrawIn(tx: Sql, actor: Actor, id: string, by: string): Promise<boolean> {
    if (!(await this.releases.withdraw(tx, actor.tenantId, id, by))) return false;
    this.forget(actor.tenantId, id);
    await recordEvent(tx, actor, { kind: 'release.withdrawn', subject: `release:${id}`, detail: { by } });
    return true;
  }

  /** It may be offered again. What its rollouts and assignments say counts anew. @throws NotFoundError, InvalidReleaseError */
  async reinstate(actor: Actor, id: string): Promise<Release> {
    const { tenantId } = actor;
    const release = await this.get(tenantId, id);
    await this.tenants.changePlan(tenantId, async (tx) => {
      const offerable = await this.releases.findOfferable(tx, tenantId, release.id);
      if (offerable?.invalidation !== null) throw new InvalidReleaseError(id, 'was invalidated, for good');
      if (!(await this.releases.reinstate(tx, tenantId, release.id))) return;
      await recordEvent(tx, actor, { kind: 'release.reinstated', subject: `release:${id}` });
    });
    this.forget(tenantId, id);
    return this.get(tenantId, id);
  }

  /** The version of a release, also of one that was removed since; read in the caller's transaction. */
  async findVersion(tx: Sql, tenantId: string, id: string): Promise<string | undefined> {
    return this.releases.findVersion(tx, tenantId, id);
  }

  /** Which signature forbids that anybody is given the release, and why; undefined: none does. */
  async refusalToRollOut(sql: Sql, tenantId: string, id: string): Promise<string | undefined> {
    const { signatures } = await this.settings.read(sql, tenantId);
    for (const { fileName, signature } of await this.releases.signaturesOf(sql, tenantId, id)) {
      const refusal = refusalOf(signature, signatures.demand);
      if (refusal !== undefined) return `${fileName}: ${refusal}`;
    }
    return undefined;
  }

  /** The release of an open action: in use, so it cannot have been deleted and may come from memory. */
  async ofOpenAction(tenantId: string, id: string): Promise<Release> {
    const key = `${tenantId}/${id}`;
    const known = this.remembered.get(key);
    if (known !== undefined) return known;
    const release = await this.get(tenantId, id);
    if (this.remembered.size >= MAX_REMEMBERED) {
      const [oldest] = this.remembered.keys();
      if (oldest !== undefined) this.remembered.delete(oldest);
    }
    this.remembered.set(key, release);
    return release;
  }

  /** What was remembered of it is no longer all true. */
  forget(tenantId: string, id: string): void {
    this.remembered.delete(`${tenantId}/${id}`);
  }

  /** @throws ReleaseInUseError while a rollout, a device or an open action refers to it. */
  async remove(actor: Actor, id: string): Promise<void> {
    const { tenantId } = actor;
    const release = await this.get(tenantId, id);
    const sha256s = await this.tenants.changePlan(tenantId, async (tx) => {
      const use = await this.releases.useOf(tx, tenantId, id);
      if (use !== undefined) throw new ReleaseInUseError(id, use);
      const { name, version } = release;
      await recordEvent(tx, actor, {
        kind: 'release.removed',
        subject: `release:${id}`,
        detail: { name, version },
      });
      return this.releases.delete(tx, tenantId, id);
    });
    this.remembered.delete(`${tenantId}/${id}`);
    await this.artifacts.collect(tenantId, sha256s);
  }

  /** Of files that say nothing of modules each makes one, as it always did: only what was asked for is held to the rules. */
  private async refuseUnknownTypes(
    tx: Sql,
    tenantId: string,
    modules: readonly DraftModule[],
  ): Promise<void> {
    const counts = new Map<string, number>();
    for (const { type, isPlanned } of modules) if (isPlanned) counts.set(type, (counts.get(type) ?? 0) + 1);
    for (const [type, count] of counts) {
      if (!(await this.types.isKnown(tx, tenantId, type)))
        throw new ReleaseFieldError('modules', `names the type ${type}, which is not among the module types`);
      const most = await this.types.maxPerRelease(tx, tenantId, type);
      if (most !== undefined && count > most)
        throw new ReleaseFieldError(
          'modules',
          `has ${count} modules of type ${type}; a release may have ${most}`,
        );
    }
  }

  /** Devices tell their version alone: by it one could not know which of two releases they run. */
  private async refuseAmbiguous(
    tx: Sql,
    tenantId: string,
    { name, version, hardware }: ReleaseDraft,
    sha256s: readonly string[],
  ): Promise<void> {
    const bytes = [...sha256s].sort().join();
    const matching = new BoundedMatching();
    const others = await this.releases.listOfVersion(tx, tenantId, version);
    const other = others.find(
      (one) =>
        one.name !== name &&
        isSameVersion(one.version, version) &&
        [...one.sha256s].sort().join() !== bytes &&
        mayOverlap(one.hardware, hardware, matching),
    );
    if (other !== undefined) throw new AmbiguousVersionError(version, other);
  }

  /** Bytes first, in their own time; then, under the plan's lock, the release that says what they are for. */
  private async store(actor: Actor, draft: ReleaseDraft, files: readonly JudgedFile[]): Promise<string> {
    const { tenantId } = actor;
    const existing = await this.releases.idOf(tenantId, draft.name, draft.version);
    if (existing !== undefined) throw new ReleaseExistsError(draft.name, draft.version, existing);
    const staged = files.map((file) => file.staged);
    try {
      return await again(async () => {
        await this.artifacts.place(tenantId, staged);
        return this.insert(actor, draft, files);
      });
    } catch (error) {
      const sha256s = staged.map((one) => one.digest.sha256);
      await this.artifacts.collect(tenantId, sha256s).catch(() => undefined);
      throw error;
    }
  }

  /** Under the plan's lock: the bytes as they are in place, and the judgements as far as they still hold. */
  private async storable(
    tx: Sql,
    tenantId: string,
    files: readonly JudgedFile[],
  ): Promise<ReadonlyMap<string, JudgedFile & { readonly blobId: string }>> {
    const sha256s = files.map((file) => file.staged.digest.sha256);
    const blobIds = await this.artifacts.claim(tx, tenantId, sha256s);
    const judgements = await this.trust.standing(
      tx,
      tenantId,
      files.map(({ judgement }) => judgement),
    );
    return new Map(
      files.map((file, index) => {
        const judgement = judgements[index] ?? file.judgement;
        return [file.fileName, { ...file, judgement, blobId: blobIds[index] ?? '' }];
      }),
    );
  }

  private async insert(actor: Actor, draft: ReleaseDraft, files: readonly JudgedFile[]): Promise<string> {
    const { tenantId } = actor;
    const sha256s = files.map((file) => file.staged.digest.sha256);
    try {
      return await this.tenants.changePlan(tenantId, async (tx) => {
        await this.refuseUnknownTypes(tx, tenantId, draft.modules);
        await this.refuseAmbiguous(tx, tenantId, draft, sha256s);
        const id = await this.releases.insert(tx, tenantId, draft, actorLabel(actor));
        const storable = await this.storable(tx, tenantId, files);
        await this.releases.insertModules(tx, tenantId, id, { draft, files: storable });
        const { name, version, digest } = draft;
        const detail = { name, version, digest };
        await recordEvent(tx, actor, { kind: 'release.created', subject: `release:${id}`, detail });
        return id;
      });
    } catch (error) {
      if (violatedConstraint(error) !== 'release_name_version_unique') throw error;
      const existing = await this.releases.idOf(tenantId, draft.name, draft.version);
      throw new ReleaseExistsError(draft.name, draft.version, existing ?? '?');
    }
  }
}

function faultOfOffer(patterns: number, isInvalid: boolean, isWithdrawn: boolean): string | undefined {
  if (patterns === 0) return 'it names no hardware that it fits';
  if (isInvalid) return 'it was invalidated';
  return isWithdrawn ? 'it was withdrawn' : undefined;
}

/** How often bytes are placed anew that a removal of the same content took away again. */
const MAX_PLACINGS = 3;

async function again<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BlobsCollectedError) || attempt === MAX_PLACINGS) throw error;
    }
  }
}
