-- The distributions of a device that the viewer may see, newest request first.
SELECT originator, target, counter, variant, firmware_version, image_hash, submitted_at, stage,
    failed, reason, occurred_at
FROM current_distribution
WHERE device_id = %(device_id)s AND (%(sees_all)s OR originator = ANY (%(user_ids)s))
ORDER BY submitted_at DESC, originator DESC, target DESC, counter DESC
