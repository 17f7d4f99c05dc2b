INSERT INTO quarantine_overflow AS o (submitter, times, octets, last_at)
VALUES (%(submitter)s, %(times)s, %(octets)s, now())
ON CONFLICT (submitter) DO UPDATE
SET times = o.times + excluded.times,
    octets = o.octets + excluded.octets,
    last_at = excluded.last_at
