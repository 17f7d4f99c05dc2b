SELECT body, unpacked_bytes FROM quarantine WHERE quarantine_id = %s
