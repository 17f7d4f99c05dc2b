-- Find the devices that have had a loose event since a time, and when each had its latest, if there are
-- less than so many such events; return how many there are, up to that.
WITH recent AS MATERIALIZED (
    SELECT device_id, occurred_at
    FROM event
    WHERE request_key IS NULL AND occurred_at >= %(earliest)s::timestamptz
    ORDER BY occurred_at DESC
    LIMIT %(most)s
), found AS (
    INSERT INTO loose_device (device_id, latest_at)
    SELECT device_id, max(occurred_at)
    FROM recent
    WHERE (SELECT count(*) FROM recent) < %(most)s
    GROUP BY device_id
)
SELECT count(*) FROM recent
