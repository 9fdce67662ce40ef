import { Injectable, Logger } from '@nestjs/common';
import { systemActor } from '../../../platform/actor/actor';
import { recordEvent } from '../../../platform/events/event-log';
import { TenantsService } from '../../tenants/tenants.service';
import type { BlobFault, BlobSource } from './source';
import { SourcesRepository } from './sources.repository';

/** Notes what is wrong with linked files. A change of the plan: releases of a file at fault are offered to nobody. */
@Injectable()
export class SourceFaultsService {
  private readonly logger = new Logger(SourceFaultsService.name);

  constructor(
    private readonly sources: SourcesRepository,
    private readonly tenants: TenantsService,
  ) {}

  /** `undefined`: the file is what it was. */
  async note(source: BlobSource, fault: BlobFault | undefined): Promise<void> {
    if (source.fault === fault) return;
    const { tenantId, sha256, address } = source;
    const isNoted = await this.tenants.changePlan(tenantId, async (tx) => {
      if (!(await this.sources.setFault(tx, source, fault))) return false;
      await recordEvent(tx, systemActor(tenantId), {
        kind: fault === undefined ? 'blob.healed' : `blob.${fault}`,
        subject: `blob:${sha256}`,
        detail: { address, ...(await this.sources.usesOf(tx, source)) },
      });
      return true;
    });
    if (!isNoted) return;
    const what = fault === undefined ? 'is what it was again' : `is ${fault}: its releases are not offered`;
    this.logger.warn(`The linked file with sha256 ${sha256} ${what}`);
  }

  /** For where a device waits: what cannot be noted now is seen again by the next check. */
  async noteIfPossible(source: BlobSource, fault: BlobFault): Promise<void> {
    await this.note(source, fault).catch((error: unknown) =>
      this.logger.warn(`It was not noted that ${source.sha256} is ${fault}: ${String(error)}`),
    );
  }
}
