-- How the newest update of each of a few devices stands, of those that the viewer may see.
SELECT completion, count(*)
FROM (
    SELECT DISTINCT ON (device_id) completion
    FROM current_distribution
    WHERE device_id = ANY (%(device_ids)s)
      AND {sees:originator}
    ORDER BY device_id, submitted_at DESC, originator DESC, target DESC, counter DESC
) AS newest
GROUP BY completion
