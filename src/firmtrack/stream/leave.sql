DELETE FROM stream_worker WHERE worker_id = %s
