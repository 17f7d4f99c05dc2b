-- Requests of which nothing is left go with all that is kept of them; their IDs are remembered. What is
-- counted of them is told by the tables that name them. Return how many.
WITH gone AS MATERIALIZED (
    SELECT request_key, originator, target, counter
    FROM request
    WHERE request_key = ANY (%(request_keys)s)
), remembered AS (
    INSERT INTO pruned_request (originator, target, counter)
    SELECT originator, target, counter FROM gone
    ON CONFLICT DO NOTHING
), befell AS (
    DELETE FROM recorded_request_incident AS i
    USING gone
    WHERE (i.originator, i.target, i.counter) = (gone.originator, gone.target, gone.counter)
), stated AS (
    DELETE FROM recorded_request_statement AS s
    USING gone
    WHERE s.request_key = gone.request_key
    RETURNING s.message_id
), stepped AS (
    DELETE FROM recorded_request_step AS s
    USING gone
    WHERE s.request_key = gone.request_key
    RETURNING s.message_id
), sent AS (
    DELETE FROM undated_message AS m
    USING (SELECT message_id FROM stated UNION SELECT message_id FROM stepped) AS told
    WHERE m.message_id = told.message_id
), watched AS (
    DELETE FROM watch AS w
    USING gone
    WHERE w.request_key = gone.request_key
    RETURNING w.watch_id
), seen AS (
    DELETE FROM watch_change AS c USING watched WHERE c.watch_id = watched.watch_id
), causes AS (
    DELETE FROM party_cause AS c USING gone WHERE c.named_request_key = gone.request_key
)
DELETE FROM request AS r
USING gone
WHERE r.request_key = gone.request_key
