-- What events tell of the requests that they name: the earliest time, and a version for a stub.
UPDATE request AS r
SET named_at = least(r.named_at, told.occurred_at),
    claimed_version = least(r.claimed_version, told.firmware_version)
FROM (
    SELECT request_key, min(occurred_at) AS occurred_at, min(firmware_version) AS firmware_version
    FROM staged_event
    WHERE request_key IS NOT NULL
    GROUP BY request_key
) AS told
WHERE r.request_key = told.request_key
