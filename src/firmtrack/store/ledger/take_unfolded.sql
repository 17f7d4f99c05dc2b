-- Take the next devices that were left to be folded, of those that nobody else is folding: concerned are
-- those with a loose event since then. Return how many were taken.
WITH next AS MATERIALIZED (
    SELECT ctid AS place FROM unfolded_device LIMIT %(most)s FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM unfolded_device AS u
    USING next
    WHERE u.ctid = next.place
    RETURNING u.device_id, u.since
), affected AS (
    INSERT INTO concerned_device (device_id)
    SELECT device_id
    FROM taken
    WHERE EXISTS (
        SELECT
        FROM event AS e
        WHERE e.device_id = taken.device_id AND e.request_key IS NULL
          AND e.occurred_at >= taken.since
    )
    RETURNING device_id
), marked AS (
    INSERT INTO stale_device SELECT device_id FROM affected
)
SELECT count(*) FROM taken
