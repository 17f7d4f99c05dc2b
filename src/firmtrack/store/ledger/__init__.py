"""The one way in: what messages report, appended as facts, and what is kept beside them."""

from firmtrack.store.statements import statements_in

statement = statements_in(__name__)
