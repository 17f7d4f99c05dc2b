-- The person's own endpoint, made at first need.
WITH made AS (
    INSERT INTO notice_endpoint (person_id, person_party_id, channel, address, topics)
    VALUES (%(person_id)s, %(party_id)s, %(channel)s, %(address)s, '{}')
    ON CONFLICT (person_id, person_party_id, channel) WHERE person_id IS NOT NULL DO UPDATE
        SET address = excluded.address, disabled_at = NULL, disabled_reason = NULL
    RETURNING endpoint_id
), queue AS (
    INSERT INTO endpoint_queue (endpoint_id)
    SELECT endpoint_id FROM made
    ON CONFLICT DO NOTHING
)
SELECT endpoint_id FROM made
