-- The requests that figures are counted of, of one supplier or all, submitted in a period or ever.
SELECT r.request_key, r.originator, r.variant,
    coalesce(r.firmware_version, '') AS firmware_version,
    greatest(
        date_trunc('week', s.submitted_at AT TIME ZONE 'Europe/London')::date,
        date '0001-01-01'
    ) AS week
FROM request AS r
CROSS JOIN LATERAL (SELECT coalesce(r.submitted_at, r.recorded_at)) AS s (submitted_at)
WHERE {sees:r.originator}
  AND (%(supplier)s::bigint IS NULL OR r.originator = %(supplier)s)
  AND (%(first_at)s::timestamptz IS NULL OR s.submitted_at >= %(first_at)s)
  AND (%(end_at)s::timestamptz IS NULL OR s.submitted_at < %(end_at)s)
