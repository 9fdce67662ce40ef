-- An admission: the device claimed, an action and its first log entry, committed. Without slots and counters. The action
-- is over: an open one would keep the device from a real one, and what waits in a queue is shown to it within a minute.
\set n random(1, :devices)
WITH claimed AS (
  UPDATE device SET decision_rev = decision_rev + 1
   WHERE tenant_id = 1 AND controller_id = 'bench-' || lpad((:n)::text, 8, '0') RETURNING id, controller_id),
made AS (
  INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, rollout_id, wave, lane, state, is_exposed,
                      previous_version, log_count, ended_at, ended_by)
  SELECT 1, id, controller_id, 1, 'floor', 1, 1, 1, 'cancelled', false, '1.0', 1, now(), 'server' FROM claimed RETURNING id)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, 1, 'server', 'floor', ARRAY['Offered on account of rollout:1.'] FROM made;
