SELECT identity FROM quarantine WHERE identity = ANY (%(identities)s)
