DELETE FROM code_wording WHERE code = %s
