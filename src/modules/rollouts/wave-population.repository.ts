import { Injectable } from '@nestjs/common';
import { Database } from '../../platform/database/database';
import { deviceFilter } from '../devices/device-filter';
import { hardwareMatcher, type HardwarePattern } from '../releases/hardware';
import { bucketSql } from './bucket';
import type { Rollout } from './rollout';
import type { Wave } from './wave';

interface DeviceRow {
  id: string;
  model: string | null;
  revision: string | null;
}

/** More rows at once than that make a start slow for nothing. */
const MOST_ROWS = 5000;

/** Whom a wave means just now. */
@Injectable()
export class WavePopulationRepository {
  constructor(private readonly database: Database) {}

  /**
   * How many devices belong to a wave and to none before it, and have hardware that the release fits; counted up to `most`,
   * so that a large fleet costs no more than a small one.
   */
  async count(
    tenantId: string,
    rollout: Rollout,
    wave: Wave,
    { hardware, most }: { readonly hardware: readonly HardwarePattern[]; readonly most: number },
  ): Promise<number> {
    const fits = hardwareMatcher(hardware);
    const { text, values } = conditionOf(rollout, wave, [tenantId]);
    let found = 0;
    let after = '0';
    for (let limit = most; found < most; limit = Math.min(limit * 2, MOST_ROWS)) {
      const rows = await this.database.query<DeviceRow>(
        `SELECT d.id, coalesce(d.set_model, d.reported_model) AS model,
                coalesce(d.set_revision, d.reported_revision) AS revision
           FROM device d JOIN feed f ON f.id = d.feed_id LEFT JOIN device_presence p ON p.device_id = d.id
          WHERE d.tenant_id = $1 AND d.mode = 'rollout' AND NOT d.is_pinned AND d.approval = 'approved' AND ${text}
            AND d.id > $${values.length + 1} ORDER BY d.id LIMIT $${values.length + 2}`,
        [...values, after, limit],
      );
      found += rows.filter((row) =>
        fits({ model: row.model ?? '', revision: row.revision ?? undefined }),
      ).length;
      const last = rows.at(-1);
      if (last === undefined || rows.length < limit) break;
      after = last.id;
    }
    return Math.min(found, most);
  }
}

/** A condition with its parameters: those of the statement so far and its own. */
interface Condition {
  readonly text: string;
  readonly values: readonly unknown[];
}

function conditionOf(rollout: Rollout, wave: Wave, values: readonly unknown[]): Condition {
  const { feed, filter } = rollout.population;
  const parts: string[] = [];
  let all: readonly unknown[] = values;
  const add = ({ text, values: more }: Condition): string => {
    all = more;
    return text;
  };
  if (feed !== undefined) {
    all = [...all, feed];
    parts.push(`f.name = $${all.length}`);
  }
  if (filter !== undefined) parts.push(add(filterCondition(filter, all)));
  for (const one of rollout.waves) {
    if (one.position > wave.position) break;
    const belongs = add(belongsTo(one, rollout.salt, all));
    parts.push(one.position === wave.position ? belongs : `NOT ${belongs}`);
  }
  return { text: parts.join(' AND '), values: all };
}

function belongsTo({ buckets, members }: Wave, salt: string, values: readonly unknown[]): Condition {
  const base = values.length;
  const text =
    `(${bucketSql(`$${base + 1}::text`, 'd.controller_id')} < $${base + 2}::int OR d.controller_id = ANY($${base + 3}::text[])` +
    ` OR d.tags && $${base + 4}::text[]`;
  const own = [...values, salt, buckets, members.controllerIds, members.tags];
  if (members.filter === undefined) return { text: `${text})`, values: own };
  const filter = filterCondition(members.filter, own);
  return { text: `${text} OR ${filter.text})`, values: filter.values };
}

function filterCondition(filter: string, values: readonly unknown[]): Condition {
  const condition = deviceFilter(filter).sql(values.length + 1);
  return { text: `(${condition.text})`, values: [...values, ...condition.values] };
}
