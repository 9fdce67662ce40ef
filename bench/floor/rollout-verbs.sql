-- A rollout made, started, paused and closed: four changes of a row and of the plan's revision, each with its event.
INSERT INTO rollout (tenant_id, name, feed_id, release_id, salt, created_by)
SELECT 1, 'floor ' || gen_random_uuid(), f.id, 1, 'floor', 'floor' FROM feed f
 WHERE f.tenant_id = 1 AND f.is_default RETURNING id \gset
INSERT INTO rollout_wave (tenant_id, rollout_id, position, buckets) VALUES (1, :id, 1, 10000);
UPDATE rollout SET state = 'running', revision = revision + 1 WHERE tenant_id = 1 AND id = :id;
UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1;
INSERT INTO event (tenant_id, kind, subject, actor) VALUES (1, 'floor', 'rollout:' || :id, 'floor');
UPDATE rollout SET state = 'paused', revision = revision + 1 WHERE tenant_id = 1 AND id = :id;
UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1;
INSERT INTO event (tenant_id, kind, subject, actor) VALUES (1, 'floor', 'rollout:' || :id, 'floor');
UPDATE rollout SET state = 'closed', revision = revision + 1 WHERE tenant_id = 1 AND id = :id;
UPDATE tenant_plan SET revision = revision + 1 WHERE tenant_id = 1;
INSERT INTO event (tenant_id, kind, subject, actor) VALUES (1, 'floor', 'rollout:' || :id, 'floor');
