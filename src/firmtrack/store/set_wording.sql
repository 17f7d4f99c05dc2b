INSERT INTO code_wording (code, text, set_by) VALUES (%s, %s, %s)
ON CONFLICT (code) DO UPDATE
SET text = excluded.text, set_by = excluded.set_by, set_at = now()
