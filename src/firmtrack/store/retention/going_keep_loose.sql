-- Leave what an event may be of that is kept and names no request.
DELETE FROM going_distribution AS g
USING request AS r, recorded_event AS e
WHERE r.request_key = g.request_key
  AND e.device_id = g.device_id AND e.request_key IS NULL AND e.occurred_at >= %(kept_from)s
  AND NOT g.declined
  AND (g.tied_at IS NULL OR g.tied_at <= e.occurred_at)
  AND may_be_of(
      e.image_hash, e.firmware_version, r.originator = e.addressee, r.image_hash,
      r.comparable_versions
  )
