DELETE FROM changed_request AS before
USING request AS after
WHERE after.request_key = before.request_key
  AND (after.whole_at, after.image_hash, after.comparable_versions)
      IS NOT DISTINCT FROM (before.whole_at, before.image_hash, before.comparable_versions)
