DELETE FROM stream_worker WHERE seen_at < clock_timestamp() - %s::interval
