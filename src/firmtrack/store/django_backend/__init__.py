"""Django's connections to the database, which know as much of it as those of the store."""
