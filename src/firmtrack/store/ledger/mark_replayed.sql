UPDATE quarantine SET replayed_at = now(), replay_outcome = %s WHERE quarantine_id = %s
