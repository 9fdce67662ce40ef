-- A whole update: what is written by a registration, two lots of attributes, an admission, six log entries and an end,
-- each committed, and three polls and a deployment that only read.
WITH made AS (
  INSERT INTO device (tenant_id, controller_id, feed_id, created_by)
  SELECT 1, 'floor-' || gen_random_uuid(), id, 'floor' FROM feed WHERE tenant_id = 1 AND is_default RETURNING id)
INSERT INTO device_presence (device_id, tenant_id) SELECT id, 1 FROM made RETURNING device_id AS device \gset
UPDATE device SET attributes = '{"hw_model": "board-even", "version": "1.0"}', reported_model = 'board-even'
 WHERE tenant_id = 1 AND id = :device;
SELECT * FROM device WHERE tenant_id = 1 AND id = :device;
WITH claimed AS (
  UPDATE device SET decision_rev = decision_rev + 1 WHERE tenant_id = 1 AND id = :device RETURNING id, controller_id),
made AS (
  INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane, state, is_exposed,
                      previous_version, log_count, ended_at, ended_by)
  SELECT 1, id, controller_id, 1, 'floor', 1, 1, 1, 'cancelled', false, '1.0', 1, now(), 'server' FROM claimed RETURNING id)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, 1, 'server', 'floor', ARRAY['Offered on account of rollout:1.'] FROM made RETURNING action_id AS action \gset
SELECT a.*, m.*, f.*, b.*
  FROM action a JOIN release_module m ON m.release_id = a.release_id JOIN artifact f ON f.module_id = m.id
  JOIN blob b ON b.id = f.blob_id
 WHERE a.tenant_id = 1 AND a.id = :action;
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now() WHERE tenant_id = 1 AND id = :action
  RETURNING id, log_count)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['The device fetched the deployment.'] FROM touched;
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now() WHERE tenant_id = 1 AND id = :action
  RETURNING id, log_count)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['Installing Update Chunk Artifacts.'] FROM touched;
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now() WHERE tenant_id = 1 AND id = :action
  RETURNING id, log_count)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['The device downloads image.bin.'] FROM touched;
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now() WHERE tenant_id = 1 AND id = :action
  RETURNING id, log_count)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['Everything is on the disk.'] FROM touched;
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now() WHERE tenant_id = 1 AND id = :action
  RETURNING id, log_count)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['Installation in progress.'] FROM touched;
WITH touched AS (
  UPDATE action SET log_count = log_count + 1, changed_at = now(), ended_by = 'device', ended_at = now()
   WHERE tenant_id = 1 AND id = :action RETURNING id, device_id, log_count),
settled AS (
  UPDATE device d SET installed_version = '2.0' FROM touched t WHERE d.tenant_id = 1 AND d.id = t.device_id),
told AS (
  INSERT INTO event (tenant_id, kind, subject, actor, detail)
  SELECT 1, 'floor', 'action:' || id, 'device', '{"from": "installing", "to": "confirmed"}' FROM touched)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, log_count, 'device', 'floor', ARRAY['Update Installed.'] FROM touched;
SELECT * FROM device WHERE tenant_id = 1 AND id = :device;
UPDATE device SET attributes = '{"hw_model": "board-even", "version": "2.0"}' WHERE tenant_id = 1 AND id = :device;
SELECT * FROM device WHERE tenant_id = 1 AND id = :device;
