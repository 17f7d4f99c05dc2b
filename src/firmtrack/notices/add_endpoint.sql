WITH endpoint AS (
    INSERT INTO notice_endpoint (party_id, channel, address, topics, secret)
    SELECT %(party_id)s, %(channel)s, %(address)s, %(topics)s, %(secret)s
    WHERE (
        SELECT count(*) FROM notice_endpoint
        WHERE party_id = %(party_id)s AND removed_at IS NULL
    ) < %(most)s
    RETURNING endpoint_id
)
INSERT INTO endpoint_queue (endpoint_id)
SELECT endpoint_id FROM endpoint
RETURNING endpoint_id
