SELECT note AS text, author, noted_at FROM cause_note
WHERE cause_id = %s AND party = %s
ORDER BY note_id DESC
LIMIT %s
