"""PostgreSQL: the ledger that writes facts, and the queries that every output reads."""
