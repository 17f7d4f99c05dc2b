-- Now, by the database's clock, and when the oldest transaction began in which facts may be recorded.
SELECT clock_timestamp() AS now, min(xact_start) AS oldest_at
FROM pg_stat_activity
WHERE datname = current_database() AND application_name = %(writing)s AND xact_start IS NOT NULL
