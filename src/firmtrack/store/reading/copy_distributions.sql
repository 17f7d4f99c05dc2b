COPY (
    {known}SELECT
        %(request_id)s::text,
        {firmware_version},
        upper(substr(h, 1, 2) || '-' || substr(h, 3, 2) || '-' || substr(h, 5, 2) || '-'
            || substr(h, 7, 2) || '-' || substr(h, 9, 2) || '-' || substr(h, 11, 2) || '-'
            || substr(h, 13, 2) || '-' || substr(h, 15, 2)),
        status_name.name,
        {reason},
        to_char(
            CASE
                -- Of an event that was sent to another party, the day.
                WHEN {is_anothers:c.addressee} THEN date_trunc('day', c.occurred_at, 'UTC')
                ELSE c.occurred_at
            END AT TIME ZONE 'UTC',
            'YYYY-MM-DD"T"HH24:MI:SS"Z"'
        )
    FROM {current_distribution} AS c
    CROSS JOIN LATERAL (
        SELECT encode(int8send(c.device_id # (-9223372036854775808)), 'hex') AS h
    ) AS hexadecimal
    JOIN unnest(%(name_stages)s::smallint[], %(name_failed)s::boolean[], %(names)s::text[])
        AS status_name (stage, failed, name)
        ON status_name.stage = c.stage AND status_name.failed = c.failed
    LEFT JOIN unnest(%(reason_codes)s::text[], %(reason_texts)s::text[])
        AS reason_text (code, text)
        ON reason_text.code = c.reason
    LEFT JOIN unnest(
        %(misfit_stages)s::smallint[], %(misfit_failed)s::boolean[], %(misfit_codes)s::text[],
        %(misfit_texts)s::text[]
    ) AS misfit_text (stage, failed, code, text)
        ON misfit_text.code = c.reason
        AND misfit_text.stage = c.stage AND misfit_text.failed = c.failed
    WHERE {is_asked}
      AND {condition}
    ORDER BY c.request_key, c.device_id
) TO STDOUT (FORMAT csv)
