-- A cancel: the action read, then its end: action, log, device and event, committed. Without slots, counters and attempts.
-- It ends nothing, so that the same actions can be used again.
\set n random(1, :devices)
SELECT * FROM action WHERE tenant_id = 1 AND id = :n;
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now() WHERE tenant_id = 1 AND id = :n
  RETURNING id, device_id, log_count),
settled AS (
  UPDATE device d SET updated_at = now() FROM touched t WHERE d.tenant_id = 1 AND d.id = t.device_id),
told AS (
  INSERT INTO event (tenant_id, kind, subject, actor, detail)
  SELECT 1, 'floor', 'action:' || id, 'device', '{"from": "cancelling", "to": "cancelled"}' FROM touched)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['Given up.'] FROM touched;
