import { Injectable } from '@nestjs/common';
import { ContentDigests, ContentHash, type DigestNeed } from '../../formats/cms/keys/content-digests';
import { quoted } from '../../formats/format.error';
import type { StagedBlob } from '../../platform/storage/blob-store';
import type { Judgement } from '../trust/judgement';
import type { PendingJudgement, TenantTrust } from '../trust/tenant-trust';
import { TrustService } from '../trust/trust.service';
import type { BundleFacts } from './bundles/bundle-facts';
import type { SignedDescription, SignedMatter } from './bundles/signed-matter';

/** A file whose bytes can be read, with what it brings along to be judged by. */
export interface JudgeableFile {
  readonly facts: Pick<BundleFacts, 'signed'>;
  readonly staged: {
    readonly digest: Pick<StagedBlob['digest'], 'sha256' | 'sizeBytes'>;
    read(offset: number, length: number): Promise<Buffer>;
  };
  /** A signature over the whole file that came beside it. */
  readonly signature?: Buffer | undefined;
}

const READ_BYTES = 1024 * 1024;

/** Says what the signatures of files are worth to a tenant. What is wrong with one is a judgement and no error. */
@Injectable()
export class JudgingService {
  constructor(private readonly trust: TrustService) {}

  /** One for each file, by what the tenant believes now. */
  async judge(tenantId: string, files: readonly JudgeableFile[]): Promise<Judgement[]> {
    const trust = await this.trust.trustOf(tenantId);
    const judgements: Judgement[] = [];
    for (const file of files) judgements.push(await judgeFile(trust, file));
    return judgements;
  }
}

async function judgeFile(
  trust: TenantTrust,
  { facts, staged, signature }: JudgeableFile,
): Promise<Judgement> {
  const own = facts.signed === undefined ? UNSIGNED : await judgeMatter(trust, facts.signed, staged);
  if (signature === undefined) return own;
  const known = { sha256: Buffer.from(staged.digest.sha256, 'hex') };
  const content = { staged, sizeBytes: staged.digest.sizeBytes, known };
  return together(own, await judgePending(trust.pending(signature), content));
}

const UNSIGNED: Judgement = { kind: 'unsigned' };

async function judgeMatter(
  trust: TenantTrust,
  matter: SignedMatter,
  staged: JudgeableFile['staged'],
): Promise<Judgement> {
  if (matter.kind === 'description') return reaching(matter, await trust.ofDescription(matter));
  if (matter.kind === 'enclosing') return trust.ofInside(matter.cms);
  const { cms, contentBytes, sha256 } = matter;
  const known = sha256 === undefined ? {} : { sha256 };
  return judgePending(trust.pending(cms), { staged, sizeBytes: contentBytes, known });
}

/** The signature of a .swu is over hashes: what they do not name was signed by nobody, and what differs was changed since. */
function reaching({ differing, uncovered }: SignedDescription, judgement: Judgement): Judgement {
  const [changed] = differing;
  const [bare] = uncovered;
  if (judgement.kind === 'unsigned' || judgement.kind === 'broken') return judgement;
  if (changed !== undefined)
    return {
      kind: 'broken',
      reason: `${quoted(changed)} is not what the signed sw-description names by sha256`,
    };
  return judgement.kind === 'untrusted' || bare === undefined
    ? judgement
    : {
        kind: 'untrusted',
        signers: judgement.signers,
        reason: `sw-description names no sha256 of ${quoted(bare)}, so its signature says nothing about that file`,
      };
}

/** What a signature is about: so many first bytes of a file, some of whose digests are known. */
interface Content {
  readonly staged: JudgeableFile['staged'];
  readonly sizeBytes: number;
  readonly known: Parameters<typeof ContentDigests.known>[0];
}

async function judgePending(pending: PendingJudgement, content: Content): Promise<Judgement> {
  const known = ContentDigests.known(content.known);
  const isKnown = pending.needs.every((need) => known.get(need) !== undefined);
  if (isKnown) return pending.judge(known);
  const digests = await digestsOf(content, pending.needs);
  const sha256 = known.get(SHA256);
  // What devices get is what was hashed first: a server that gives other bytes the second time proves nothing by them.
  if (sha256 !== undefined && digests.get(SHA256)?.equals(sha256) !== true)
    return { kind: 'broken', reason: 'the file was another one when it was read again' };
  return pending.judge(digests);
}

const SHA256: DigestNeed = { digest: 'sha256' };

/** Reads the content once more: only for what is signed by another digest than SHA-256. */
async function digestsOf(
  { staged, sizeBytes }: Content,
  needs: readonly DigestNeed[],
): Promise<ContentDigests> {
  const hash = new ContentHash([...needs, SHA256]);
  for (let at = 0; at < sizeBytes; at += READ_BYTES)
    hash.update(await staged.read(at, Math.min(READ_BYTES, sizeBytes - at)));
  return hash.digests();
}

/** A file with two signatures is broken by either, and vouched for by either. */
function together(own: Judgement, beside: Judgement): Judgement {
  if (own.kind === 'broken') return own;
  if (beside.kind === 'broken') return beside;
  return own.kind === 'signed' ? own : beside;
}
