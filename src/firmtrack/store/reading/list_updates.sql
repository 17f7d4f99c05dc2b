-- The distributions of a device that the viewer may see, newest request first.
SELECT r.image, r.statement_count, c.originator, c.target, c.counter, c.variant, c.firmware_version, c.image_hash,
    c.submitted_at, c.stage, c.failed, c.reason, c.occurred_at, c.addressee
FROM current_distribution AS c
JOIN request AS r USING (request_key)
WHERE c.device_id = %(device_id)s AND (%(sees_all)s OR c.originator = ANY (%(user_ids)s))
ORDER BY c.submitted_at DESC, c.originator DESC, c.target DESC, c.counter DESC
