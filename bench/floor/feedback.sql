-- A report on an open action: counted, logged and committed.
\set n random(1, :devices)
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now() WHERE tenant_id = 1 AND id = :n
  RETURNING id, log_count)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['Installing Update Chunk Artifacts, part 123456.'] FROM touched;
