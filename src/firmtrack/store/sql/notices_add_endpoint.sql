WITH endpoint AS (
    INSERT INTO notice_endpoint (party_id, channel, address, topics, secret)
    VALUES (%s, %s, %s, %s, %s)
    RETURNING endpoint_id
)
INSERT INTO notice_lane (endpoint_id)
SELECT endpoint_id FROM endpoint
RETURNING endpoint_id
