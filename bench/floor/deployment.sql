-- A deployment: the action, and the files of its release.
\set n random(1, :devices)
SELECT a.*, m.*, f.*, b.*
  FROM action a JOIN release_module m ON m.release_id = a.release_id JOIN artifact f ON f.module_id = m.id
  JOIN blob b ON b.id = f.blob_id
 WHERE a.tenant_id = 1 AND a.id = :n;
