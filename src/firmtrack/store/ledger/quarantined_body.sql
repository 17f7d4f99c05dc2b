SELECT body FROM quarantine WHERE quarantine_id = %s
