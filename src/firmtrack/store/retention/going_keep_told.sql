-- Leave what an event is of that is kept: that names its request, or that names none and may be of it. All
-- that is kept is read once, in its order: that is quicker than to look each device up in each month. Most
-- of it is of other requests, and is not looked for among the devices.
DELETE FROM going_distribution AS g
USING request AS r, recorded_event AS e
WHERE r.request_key = g.request_key
  AND e.device_id = g.device_id AND e.occurred_at >= %(kept_from)s
  AND (
      e.request_key = ANY (%(request_keys)s::bigint[])
      OR e.request_key IS NULL AND (
          e.image_hash IS NULL
          OR %(is_image_unknown)s
          OR e.image_hash = ANY (%(image_hashes)s::bytea[])
      )
  )
  AND CASE
      WHEN e.request_key IS NOT NULL THEN e.request_key = g.request_key
      ELSE NOT g.declined
          AND (g.tied_at IS NULL OR g.tied_at <= e.occurred_at)
          AND may_be_of(
              e.image_hash, e.firmware_version, r.originator = e.addressee, r.image_hash,
              r.comparable_versions
          )
  END
