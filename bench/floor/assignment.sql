-- An assignment to 1 000 devices: the devices claimed in one order, the assignment, and for each an action and its first log
-- entry, committed together. The actions are over as they are made, so that they stand in nobody's way.
\set block random(0, :devices / 1000 - 1)
WITH wanted AS (
  SELECT id, controller_id FROM device
   WHERE tenant_id = 1 AND controller_id > 'bench-' || lpad((:block * 1000)::text, 8, '0')
     AND controller_id <= 'bench-' || lpad((:block * 1000 + 1000)::text, 8, '0') ORDER BY id FOR UPDATE),
assigned AS (
  INSERT INTO assignment (tenant_id, release_id, type, weight, needs_confirmation, created_by)
  VALUES (1, 1, 'forced', 1000, true, 'floor') RETURNING id),
made AS (
  INSERT INTO action (tenant_id, device_id, controller_id, release_id, origin, assignment_id, state, is_exposed,
                      previous_version, log_count, ended_at, ended_by)
  SELECT 1, w.id, w.controller_id, 1, 'floor', a.id, 'cancelled', false, '1.0', 1, now(), 'server'
    FROM wanted w, assigned a RETURNING id),
touched AS (
  UPDATE device d SET decision_rev = decision_rev + 1 FROM wanted w WHERE d.tenant_id = 1 AND d.id = w.id)
INSERT INTO action_log (tenant_id, action_id, seq, source, status, messages)
SELECT 1, id, 1, 'server', 'floor', ARRAY['Assigned by somebody.'] FROM made;
