"""PostgreSQL: the ledger that writes facts, and the queries that every output reads."""

from firmtrack.store.statements import statements_in

statement = statements_in(__name__)
