-- Mark what the batch is about: the requests that it names, and the devices of which it reports without
-- naming one, or that an image has reached: their earlier requests wait no more.
WITH loose AS (
    INSERT INTO stale_device
    SELECT DISTINCT device_id
    FROM staged_event
    WHERE request_key IS NULL OR stage >= 6 AND NOT failed
)
INSERT INTO stale_request
SELECT request_key
FROM request
JOIN unnest(%s::bigint[], %s::bigint[], %s::bigint[]) AS named (originator, target, counter)
    USING (originator, target, counter)
