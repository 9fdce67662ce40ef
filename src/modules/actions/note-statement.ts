import type { ActionNote } from './action/action-note';
import { storableMessages } from './action/log-entry';

/** `messages` come as text, one array literal each, since Postgres has no array of arrays of different lengths. */
export const NOTE_ALL = `
  WITH note AS (
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::boolean[], $5::text[], $6::text[], $7::text[],
                         $8::int[], $9::text[], $10::int[])
      WITH ORDINALITY AS n (tenant_id, action_id, state, has_proof, verdict, source, status, code, messages, most, position)),
  touched AS (
    UPDATE action a SET log_count = a.log_count + 1, has_proof = a.has_proof OR n.has_proof, changed_at = now(),
           last_code = coalesce(n.code, a.last_code), device_verdict = coalesce(a.device_verdict, n.verdict)
      FROM note n
     WHERE a.tenant_id = n.tenant_id AND a.id = n.action_id AND a.state = n.state
       AND a.log_count < n.most
    RETURNING n.*, a.log_count),
  logged AS (
    INSERT INTO action_log (tenant_id, action_id, seq, source, status, code, messages)
    SELECT tenant_id, action_id, log_count, source, status, code, messages::text[] FROM touched)
  SELECT position FROM touched`;

/** Which of the notes was written. */
export interface Noted {
  position: string;
}

/** In the order of {@link NOTE_ALL}. */
export function noteValues(notes: readonly ActionNote[]): unknown[] {
  return [
    notes.map((note) => note.tenantId),
    notes.map((note) => note.actionId),
    notes.map((note) => note.state),
    notes.map((note) => note.hasProof),
    notes.map((note) => note.deviceVerdict ?? null),
    notes.map(({ entry }) => entry.source),
    notes.map(({ entry }) => entry.status),
    notes.map(({ entry }) => entry.code ?? null),
    notes.map(({ entry }) => arrayLiteral(storableMessages(entry.messages))),
    notes.map((note) => note.maxLogEntries),
  ];
}

/** Note by note. */
export function written(notes: readonly ActionNote[], rows: readonly Noted[]): boolean[] {
  const positions = new Set(rows.map((row) => Number(row.position) - 1));
  return notes.map((_note, index) => positions.has(index));
}

/** As Postgres reads an array of texts. */
function arrayLiteral(texts: readonly string[]): string {
  return `{${texts.map((text) => `"${text.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
