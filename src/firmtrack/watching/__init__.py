"""How the server fares: whether it is well, what it has counted, and what is wrong with it."""

from firmtrack.store.statements import statements_in

statement = statements_in(__name__)
