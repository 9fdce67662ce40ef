import type { Client, RecognisedClient } from './client';
import type { Approval, Attributes, DeviceMode } from './device';

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
  /** Due polls since it was to show a version; see actions/ask. */
  asks: number;
  set_client: Client | null;
  reported_client: RecognisedClient | null;
  set_model: string | null;
  set_revision: string | null;
  reported_model: string | null;
  reported_revision: string | null;
  installed_version: string | null;
  is_version_reported: boolean;
  installed_at: Date | null;
  installed_release_id: string | null;
  installed_action_id: string | null;
  auto_confirm: boolean;
  auto_confirm_at: Date | null;
  auto_confirm_by: string | null;
  auto_confirm_initiator: string | null;
  auto_confirm_remark: string | null;
  /** Of its latest action, if it ever had one. */
  latest_state: string | null;
  decision_rev: string;
  verdict: string | null;
  verdict_plan_revision: string | null;
  verdict_at: Date | null;
  created_at: Date;
  created_by: string;
  updated_at: Date;
  last_seen_at: Date | null;
  address: string | null;
  approval: Approval;
  time_zone: string | null;
  target_token_hash: Buffer | null;
  target_token_expires_at: Date | null;
  previous_token_hash: Buffer | null;
  previous_token_expires_at: Date | null;
}
