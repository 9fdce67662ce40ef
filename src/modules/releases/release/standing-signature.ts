/**
 * What the signature of the artifact `a` is worth today, in SQL: as it was judged, but for an anchor that was removed since and
 * vouches for nothing any more. To be judged anew, the release is judged again.
 */
export const STANDING_SIGNATURE = `
  CASE WHEN a.signature->>'kind' = 'signed' AND EXISTS (
         SELECT 1 FROM jsonb_array_elements_text(a.signature->'anchors') AS v (fingerprint)
          WHERE NOT EXISTS (SELECT 1 FROM trust_anchor t WHERE t.tenant_id = a.tenant_id AND t.fingerprint = v.fingerprint))
       THEN jsonb_build_object('kind', 'untrusted', 'signers', a.signature->'signers',
                               'reason', 'the trust anchor that vouched for it was removed')
       ELSE a.signature END`;
