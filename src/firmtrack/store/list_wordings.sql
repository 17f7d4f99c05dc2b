SELECT code, text, set_by, set_at FROM code_wording ORDER BY code COLLATE "C"
