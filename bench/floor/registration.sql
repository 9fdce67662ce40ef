-- A first contact: the device and where it was last seen, committed.
WITH made AS (
  INSERT INTO device (tenant_id, controller_id, feed_id, created_by)
  SELECT 1, 'floor-' || gen_random_uuid(), id, 'floor' FROM feed WHERE tenant_id = 1 AND is_default RETURNING id)
INSERT INTO device_presence (device_id, tenant_id) SELECT id, 1 FROM made;
