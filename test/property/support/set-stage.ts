import { FeedsService } from '../../../src/modules/devices/feeds/feeds.service';
import { TenantsService } from '../../../src/modules/tenants/tenants.service';
import { RELEASES, type Cast } from './cast';
import { Stage } from './stage';
import type { Theatre } from './theatre';

interface Made {
  releases: { id: string; version: string }[];
  feeds: { id: string; name: string }[];
  devices: { id: string; controller_id: string }[];
}

/** The tenant and its first feed as Rookery makes them; the rest in one statement, since there are very many. */
export async function setStage(theatre: Theatre, cast: Cast, nowMs: number): Promise<Stage> {
  const { app, database } = theatre.first;
  await theatre.retire();
  const tenant = await app.get(TenantsService).ensure(theatre.nextKey());
  await app.get(FeedsService).ensureDefault(tenant.id);
  theatre.played.push(tenant.id);
  const names = cast.devices.map((_device, at) => `d${at}`);
  const [made] = await database.query<Made>(SEED, [
    ...[tenant.id, RELEASES.map(({ version }) => version), RELEASES.map(({ model }) => model)],
    ...[names, cast.devices.map(({ model }) => model)],
    ...[cast.devices.map(({ version }) => version ?? null), cast.devices.map(({ feed }) => feed)],
    ...[cast.devices.map(({ client }) => client), cast.devices.map(({ timezone }) => timezone ?? null)],
    ...[cast.devices.map(({ tags }) => tags.join(',')), new Date(nowMs)],
  ]);
  if (made === undefined) throw new Error('the stage was not set');
  const idOf = new Map(made.devices.map((row) => [row.controller_id, row.id]));
  return new Stage(
    tenant.id,
    tenant.key,
    cast.devices.map((device, at) => ({
      ...device,
      ...{ id: idOf.get(names[at]!)!, controllerId: names[at]! },
    })),
    made.feeds,
    RELEASES.map((release) => ({
      ...release,
      id: made.releases.find(({ version }) => version === release.version)!.id,
    })),
  );
}

const SEED = `
  WITH releases AS (
    INSERT INTO release (tenant_id, name, version, hardware, digest, created_by)
    SELECT $1, 'firmware', g.version, jsonb_build_array(jsonb_build_object('model', g.model, 'revision', '*')),
           'digest ' || g.version, 'history'
      FROM unnest($2::text[], $3::text[]) AS g (version, model) RETURNING id, version),
  modules AS (
    INSERT INTO release_module (tenant_id, release_id, position, type, name, version, format)
    SELECT $1, id, 1, 'os', 'firmware', version, 'raw' FROM releases RETURNING id),
  blobs AS (
    INSERT INTO blob (tenant_id, sha256, sha1, md5, crc32, size_bytes)
    VALUES ($1, repeat('0', 64), repeat('0', 40), repeat('0', 32), repeat('0', 8), 1000) RETURNING id),
  artifacts AS (
    INSERT INTO artifact (tenant_id, module_id, file_name, blob_id)
    SELECT $1, m.id, 'firmware.swu', b.id FROM modules m, blobs b RETURNING id),
  lab AS (
    INSERT INTO feed (tenant_id, name, is_default) VALUES ($1, 'lab', false) RETURNING id, name),
  feeds AS (
    SELECT 0 AS place, id, name FROM feed WHERE tenant_id = $1 AND is_default UNION ALL SELECT 1, id, name FROM lab),
  devices AS (
    INSERT INTO device (tenant_id, controller_id, feed_id, reported_model, reported_revision, installed_version,
           is_version_reported, set_client, time_zone, tags, wants_attributes, created_by, created_at)
    SELECT $1, g.name, f.id, g.model, '1', g.version, g.version IS NOT NULL, g.client, g.zone,
           string_to_array(g.tags, ','), false, 'history', $11
      FROM unnest($4::text[], $5::text[], $6::text[], $7::int[], $8::text[], $9::text[], $10::text[])
           AS g (name, model, version, feed, client, zone, tags)
      JOIN feeds f ON f.place = g.feed
    RETURNING id, controller_id),
  presence AS (
    INSERT INTO device_presence (device_id, tenant_id, last_seen_at) SELECT id, $1, $11 FROM devices)
  SELECT (SELECT json_agg(json_build_object('id', id::text, 'version', version)) FROM releases) AS releases,
         (SELECT json_agg(json_build_object('id', id::text, 'name', name) ORDER BY place) FROM feeds) AS feeds,
         (SELECT json_agg(json_build_object('id', id::text, 'controller_id', controller_id)) FROM devices) AS devices,
         (SELECT count(*) FROM artifacts) AS artifacts`;
