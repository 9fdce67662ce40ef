import { randomBytes } from 'node:crypto';
import { open, mkdir, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Injectable } from '@nestjs/common';
import { systemActor, type Role } from '../../platform/actor/actor';
import { Database, type Sql } from '../../platform/database/database';
import { recordEvent } from '../../platform/events/event-log';
import { GatewayTokensService } from './gateway-tokens.service';
import { IdentityService } from './identity.service';
import { newToken, tokenHash } from './token';

/** Serialises the first start of several instances on one database. */
const FIRST_START_LOCK = 7_205_759_404;

/** Secrets that automation presets instead of reading them from the file. */
export interface Presets {
  readonly apiToken?: string | undefined;
  readonly gatewayToken?: string | undefined;
}

/** What the very first start made up. It exists in clear only here and in the file. */
export interface FirstCredentials {
  readonly administrator: string;
  readonly password: string;
  readonly apiToken: string;
  readonly gatewayToken: string;
}

/** There is no default password: the first start makes one up, tells it once and keeps it in a file of mode 0600. */
@Injectable()
export class FirstCredentialsService {
  constructor(
    private readonly database: Database,
    private readonly identity: IdentityService,
    private readonly gatewayTokens: GatewayTokensService,
  ) {}

  /** Undefined when the tenant has its administrator already. Presets are honoured at every start. */
  async ensure(tenantId: string, file: string, presets: Presets): Promise<FirstCredentials | undefined> {
    return this.database.transaction(async (tx) => {
      await tx.query('SELECT pg_advisory_xact_lock($1)', [FIRST_START_LOCK]);
      const [user] = await tx.query('SELECT 1 FROM user_account WHERE tenant_id = $1 LIMIT 1', [tenantId]);
      if (user !== undefined) {
        await this.storeTokens(tx, tenantId, presets);
        return undefined;
      }
      const made = {
        administrator: 'admin',
        password: randomBytes(18).toString('base64url'),
        apiToken: presets.apiToken ?? newToken('rk'),
        gatewayToken: presets.gatewayToken ?? newToken('rkg'),
      };
      await this.identity.addUser(tx, tenantId, {
        name: made.administrator,
        password: made.password,
        role: 'administrator',
      });
      await this.storeTokens(tx, tenantId, made);
      await recordEvent(tx, systemActor(tenantId), { kind: 'tenant.first-credentials', subject: 'tenant' });
      // Before the commit: a crash in between costs a file that the next start overwrites, not a lost password.
      await writeSecretFile(file, made);
      return made;
    });
  }

  private async storeTokens(tx: Sql, tenantId: string, presets: Presets): Promise<void> {
    const role: Role = 'administrator';
    if (presets.apiToken !== undefined) {
      await tx.query(
        `INSERT INTO api_token (tenant_id, name, token_hash, role) VALUES ($1, 'first-start', $2, $3)
         ON CONFLICT ON CONSTRAINT api_token_hash_unique DO NOTHING`,
        [tenantId, tokenHash(presets.apiToken), role],
      );
    }
    if (presets.gatewayToken !== undefined) {
      await this.gatewayTokens.add(tx, tenantId, 'first-start', presets.gatewayToken);
    }
  }
}

async function writeSecretFile(file: string, content: FirstCredentials): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const draft = `${file}.new`;
  const handle = await open(draft, 'w', 0o600);
  try {
    await handle.chmod(0o600);
    await handle.writeFile(`${JSON.stringify(content, null, 2)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(draft, file);
}
