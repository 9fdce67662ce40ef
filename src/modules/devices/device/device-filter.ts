import { Catalogue } from '../../../platform/rsql/field';
import { filterOf, type Filter } from '../../../platform/rsql/filter';
import { clientOf, CLIENTS, type Client } from './client';
import { APPROVALS, DEVICE_MODES, type Approval, type Attributes, type DeviceMode } from './device';
import type { DeviceRow } from './device-row';

/** A device as filters see it. Whoever has not read a property that a filter `reads` must read it first. */
export interface FilterSubject {
  readonly controllerId: string;
  readonly name: string | undefined;
  /** The feed's name. */
  readonly feed: string;
  readonly mode: DeviceMode;
  readonly tags: readonly string[];
  readonly attributes: Attributes;
  /** What an operator set, or else what the device reported. */
  readonly model: string | undefined;
  readonly revision: string | undefined;
  readonly client: Client;
  readonly installedVersion: string | undefined;
  readonly isPinned: boolean;
  readonly takesPrereleases: boolean;
  readonly lastSeenAt: Date | undefined;
  readonly address: string | undefined;
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly approval: Approval;
}

export type DeviceFilter = Filter<FilterSubject>;

/**
 * The fields of a device, named as the API shows them, and as hawkBit does. In SQL `d` is the device, `f` its feed and `p`
 * its presence. hawkBit's `group` is our feed: both are the one channel a target is in.
 */
const DEVICE_FIELDS = new Catalogue<FilterSubject>([
  { name: 'controllerId', aliases: ['id'], type: 'text', property: 'controllerId', sql: 'd.controller_id' },
  { name: 'name', type: 'text', property: 'name', sql: 'd.name' },
  { name: 'feed', aliases: ['group'], type: 'text', property: 'feed', sql: 'f.name' },
  { name: 'mode', type: 'text', property: 'mode', sql: 'd.mode', words: DEVICE_MODES },
  { name: 'tag', aliases: ['tags'], type: 'texts', property: 'tags', sql: 'd.tags' },
  {
    name: 'attribute',
    aliases: ['attributes'],
    type: 'keyed-text',
    property: 'attributes',
    sql: 'd.attributes',
  },
  { name: 'model', type: 'text', property: 'model', sql: 'coalesce(d.set_model, d.reported_model)' },
  {
    name: 'revision',
    type: 'text',
    property: 'revision',
    sql: 'coalesce(d.set_revision, d.reported_revision)',
  },
  {
    name: 'client',
    type: 'text',
    property: 'client',
    sql: "coalesce(d.set_client, d.reported_client, 'unknown')",
    words: CLIENTS,
  },
  {
    name: 'installedVersion',
    aliases: ['installedds.version'],
    type: 'text',
    property: 'installedVersion',
    sql: 'd.installed_version',
  },
  { name: 'pinned', type: 'flag', property: 'isPinned', sql: 'd.is_pinned' },
  { name: 'takesPrereleases', type: 'flag', property: 'takesPrereleases', sql: 'd.takes_prereleases' },
  {
    name: 'lastSeenAt',
    aliases: ['lastSeen', 'lastControllerRequestAt'],
    type: 'instant',
    property: 'lastSeenAt',
    sql: 'p.last_seen_at',
  },
  { name: 'address', aliases: ['ipAddress'], type: 'text', property: 'address', sql: 'p.address' },
  { name: 'createdAt', type: 'instant', property: 'createdAt', sql: 'd.created_at' },
  { name: 'createdBy', type: 'text', property: 'createdBy', sql: 'd.created_by' },
  {
    name: 'updatedAt',
    aliases: ['lastModifiedAt'],
    type: 'instant',
    property: 'updatedAt',
    sql: 'd.updated_at',
  },
  { name: 'approval', type: 'text', property: 'approval', sql: 'd.approval', words: APPROVALS },
]);

/** For messages and documents. */
export const DEVICE_FIELD_NAMES = DEVICE_FIELDS.names();

/** Reads a filter over devices. @throws RsqlSyntaxError, RsqlFieldError, RsqlValueError */
export function deviceFilter(text: string): DeviceFilter {
  return filterOf(text, DEVICE_FIELDS);
}

/** Whether `known` is all that the filter asks for. */
export function isAnsweredBy(filter: DeviceFilter, known: ReadonlySet<keyof FilterSubject>): boolean {
  return [...filter.reads].every((property) => known.has(property));
}

/** The columns of {@link DeviceRow} that filters may ask for. */
export type FilterRow = Pick<
  DeviceRow,
  | 'controller_id'
  | 'name'
  | 'feed'
  | 'mode'
  | 'tags'
  | 'attributes'
  | 'set_model'
  | 'reported_model'
  | 'set_revision'
  | 'reported_revision'
  | 'set_client'
  | 'reported_client'
  | 'installed_version'
  | 'is_pinned'
  | 'takes_prereleases'
  | 'last_seen_at'
  | 'address'
  | 'created_at'
  | 'created_by'
  | 'updated_at'
  | 'approval'
>;

export function filterSubjectOf(row: FilterRow): FilterSubject {
  return {
    controllerId: row.controller_id,
    name: row.name ?? undefined,
    feed: row.feed,
    mode: row.mode,
    tags: row.tags,
    attributes: row.attributes,
    model: row.set_model ?? row.reported_model ?? undefined,
    revision: row.set_revision ?? row.reported_revision ?? undefined,
    client: clientOf(row),
    installedVersion: row.installed_version ?? undefined,
    isPinned: row.is_pinned,
    takesPrereleases: row.takes_prereleases,
    lastSeenAt: row.last_seen_at ?? undefined,
    address: row.address ?? undefined,
    createdAt: row.created_at,
    createdBy: row.created_by,
    updatedAt: row.updated_at,
    approval: row.approval,
  };
}
