DELETE FROM changed_request AS before
USING request AS after
WHERE after.request_key = before.request_key
  AND after.submitted_at IS NOT DISTINCT FROM before.submitted_at
  AND after.image_hash IS NOT DISTINCT FROM before.image_hash
  AND after.firmware_version IS NOT DISTINCT FROM before.firmware_version
