-- Mark the distributions whose device the DSP refused by name (stage 2, bad).
UPDATE distribution AS d
SET refused = true
FROM (
    SELECT device_id, request_key
    FROM staged_event
    WHERE stage = 2 AND failed AND request_key IS NOT NULL
    ORDER BY device_id, request_key
) AS s
WHERE d.device_id = s.device_id AND d.request_key = s.request_key AND NOT d.refused
