{known}, found AS MATERIALIZED (
    -- A part of its own: beside the others a cluster would bring all steps and incidents to one place.
    SELECT r.request_key, r.variant, r.firmware_version, r.image_hash, r.image,
        coalesce(r.submitted_at, r.recorded_at) AS submitted_at,
        answer.response_code, answer.answered_at, r.statement_count,
        befell.incidents,
        gone.counts AS gone_counts, gone.before AS gone_before
    FROM request AS r
    CROSS JOIN LATERAL (
        SELECT json_agg(row_to_json(i))::text AS incidents
        FROM {request_incident} AS i
        WHERE i.originator = r.originator AND i.target = r.target AND i.counter = r.counter
    ) AS befell
    CROSS JOIN LATERAL (
        SELECT json_object_agg(p.completion, p.count)::text AS counts, max(p.kept_from) AS before
        FROM pruned_distribution AS p
        WHERE p.request_key = r.request_key
    ) AS gone
    LEFT JOIN LATERAL (
        SELECT s.code AS response_code, s.occurred_at AS answered_at
        FROM {request_step} AS s
        WHERE s.request_key = r.request_key AND s.message_kind = %(response_kind)s
        ORDER BY s.occurred_at DESC, s.message_id DESC
        LIMIT 1
    ) AS answer ON true
    WHERE r.originator = %(originator)s AND r.target = %(target)s AND r.counter = %(counter)s
      -- Of a request all events of which were withdrawn nothing is known.
      AND (
          r.message_id IS NOT NULL
          OR r.step_message_id IS NOT NULL
          OR r.named_at IS NOT NULL
      )
)
SELECT * FROM found
