-- What the batch's events tell of the requests that they name, where it lowers what is known.
INSERT INTO recorded_request_naming (request_key, message_id, recorded_at, named_at, claimed_version)
SELECT told.request_key, told.message_id, now(), told.named_at, told.claimed_version
FROM (
    SELECT request_key, message_id, min(occurred_at) AS named_at,
        min(firmware_version) AS claimed_version
    FROM staged_event
    WHERE request_key IS NOT NULL
    GROUP BY request_key, message_id
) AS told
JOIN request AS r USING (request_key)
WHERE r.named_at IS NULL OR told.named_at < r.named_at
   OR r.claimed_version IS NULL AND told.claimed_version IS NOT NULL
   OR told.claimed_version < r.claimed_version
