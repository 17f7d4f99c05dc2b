DELETE FROM stream_outcome WHERE settled_at < now() - %s::interval
