-- A confirmation: what waits of a device, what it is, and the word on it, committed. Without counters. It changes no state,
-- so that the same actions can be used again.
\set n random(1, :devices)
SELECT d.*, a.id AS action_id, a.state
  FROM device d LEFT JOIN action a ON a.device_id = d.id AND a.is_exposed
 WHERE d.tenant_id = 1 AND d.controller_id = 'bench-' || lpad((:n)::text, 8, '0');
SELECT a.*, m.*, f.*, b.*
  FROM action a JOIN release_module m ON m.release_id = a.release_id JOIN artifact f ON f.module_id = m.id
  JOIN blob b ON b.id = f.blob_id
 WHERE a.tenant_id = 1 AND a.id = :n;
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now() WHERE tenant_id = 1 AND id = :n
  RETURNING id, log_count)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['The user agrees.'] FROM touched;
