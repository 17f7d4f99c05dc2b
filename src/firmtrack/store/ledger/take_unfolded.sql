-- Take the next devices that were left to be folded, of those that nobody else is folding: return each,
-- and since when a loose event of it may belong elsewhere.
WITH next AS MATERIALIZED (
    SELECT ctid AS place FROM unfolded_device LIMIT %(most)s FOR UPDATE SKIP LOCKED
)
DELETE FROM unfolded_device AS u
USING next
WHERE u.ctid = next.place
RETURNING u.device_id, u.since::text
