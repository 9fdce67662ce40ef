-- A poll: the device by its name, and its open action.
\set n random(1, :devices)
SELECT d.*, p.revision, a.id AS action_id, a.state
  FROM device d JOIN tenant_plan p ON p.tenant_id = d.tenant_id
  LEFT JOIN action a ON a.device_id = d.id AND a.is_exposed
 WHERE d.tenant_id = 1 AND d.controller_id = 'bench-' || lpad((:n)::text, 8, '0');
