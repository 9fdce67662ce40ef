import type { Attributes, DeviceMode } from './device';

/** A device's row with its feed's name and its presence. */
export interface DeviceRow {
  id: string;
  controller_id: string;
  name: string | null;
  feed: string;
  mode: DeviceMode;
  is_pinned: boolean;
  takes_prereleases: boolean;
  assigned_release_id: string | null;
  forced_release_id: string | null;
  tags: string[];
  attributes: Attributes;
  attributes_at: Date | null;
  wants_attributes: boolean;
  set_model: string | null;
  set_revision: string | null;
  reported_model: string | null;
  reported_revision: string | null;
  installed_version: string | null;
  is_version_reported: boolean;
  installed_at: Date | null;
  decision_rev: string;
  verdict: string | null;
  verdict_plan_revision: string | null;
  verdict_at: Date | null;
  created_at: Date;
  created_by: string;
  updated_at: Date;
  last_seen_at: Date | null;
  address: string | null;
}
