-- Attributes: the device's row, committed.
\set n random(1, :devices)
\set boot random(1, 1000000000)
UPDATE device SET attributes = attributes || jsonb_build_object('remark', 'boot ' || (:boot)::text),
       attributes_at = now(), updated_at = now(), decision_rev = decision_rev + 1
 WHERE tenant_id = 1 AND controller_id = 'bench-' || lpad((:n)::text, 8, '0');
