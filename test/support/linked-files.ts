import { createHash, randomBytes } from 'node:crypto';
import request from 'supertest';
import { LinkedBytesService } from '../../src/modules/artifacts/sources/linked-bytes.service';
import { SourceChecksService } from '../../src/modules/artifacts/sources/source-checks.service';
import type { DdiDevice } from './ddi-device';
import { Fleet } from './fleet';
import { OriginServer, serving, type ServedFile } from './origin-server';
import { startRookery, type TestRookery } from './rookery-app';

/** The loopback address of origins; the servers of these tests may go there. */
export const ORIGIN = '127.0.0.2';
export const LINKED_SIZE = 300_000;

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** A linked file, a device that fetched the deployment with it, and what the origin says now. */
export interface Linked {
  readonly origin: OriginServer;
  readonly device: DdiDevice;
  readonly releaseId: string;
  readonly actionId: string;
  readonly path: string;
  readonly content: Buffer;
  served: ServedFile;
}

/** A server, and origins that it may fetch from. */
export class LinkedFiles {
  readonly fleet: Fleet;
  private readonly origins: OriginServer[] = [];
  private next = 0;

  private constructor(readonly rookery: TestRookery) {
    this.fleet = new Fleet(rookery);
    this.linked.patienceMs = 0;
  }

  static async start(settings: Record<string, string> = {}): Promise<LinkedFiles> {
    return new LinkedFiles(await startRookery({ settings: { ROOKERY_OUTBOUND_ALLOW: ORIGIN, ...settings } }));
  }

  async close(): Promise<void> {
    await Promise.all([this.rookery.close(), ...this.origins.map((origin) => origin.close())]);
  }

  get linked(): LinkedBytesService {
    return this.rookery.app.get(LinkedBytesService, { strict: false });
  }

  get checks(): SourceChecksService {
    return this.rookery.app.get(SourceChecksService, { strict: false });
  }

  get api(): ReturnType<typeof request.agent> {
    return request.agent(this.rookery.url).auth(this.rookery.token, { type: 'bearer' });
  }

  name(): string {
    return `linked-${(this.next += 1)}`;
  }

  /** All links are looked at anew. */
  async check(): Promise<void> {
    await this.makeDue();
    await this.checks.checkDue();
  }

  async makeDue(): Promise<void> {
    await this.rookery.database.query('UPDATE blob SET checked_at = NULL');
  }

  async faultOf({ releaseId }: Linked): Promise<string | undefined> {
    const { body } = await this.api.get(`/api/v1/releases/${releaseId}`).expect(200);
    return body.modules[0].artifacts[0].fault as string | undefined;
  }

  async eventsOf({ content }: Linked): Promise<string[]> {
    const rows = await this.rookery.database.query<{ kind: string }>(
      'SELECT kind FROM event WHERE tenant_id = 1 AND subject = $1 ORDER BY id',
      [`blob:${sha256Of(content)}`],
    );
    return rows.map((row) => row.kind);
  }

  async origin(served: () => ServedFile): Promise<OriginServer> {
    const origin = await OriginServer.start(ORIGIN, serving(served));
    this.origins.push(origin);
    return origin;
  }

  async aLink(more: Partial<ServedFile> = {}, file: object = {}): Promise<Linked> {
    const model = this.name();
    const content = randomBytes(LINKED_SIZE);
    const state: { served: ServedFile } = { served: { content, etag: '"first"', ...more } };
    const origin = await this.origin(() => state.served);
    const { body } = await this.api
      .post('/api/v1/releases/from-urls')
      .send({
        files: [{ url: origin.url('/fw.bin'), keep: 'link', ...file }],
        ...{ name: model, version: '2.0', compatibility: `${model}:*` },
      })
      .expect(201);
    const releaseId = body.id as string;
    const device = await this.fleet.registered(`${model}-a`, { board: model });
    await this.fleet.rollout(releaseId, { name: model });
    const actionId = (await device.offered()) ?? '';
    await device.deployment(actionId);
    origin.requests.splice(0);
    const path = `/softwaremodules/${body.modules[0].id}/artifacts/fw.bin`;
    return Object.assign(state, { origin, device, releaseId, actionId, path, content });
  }
}
