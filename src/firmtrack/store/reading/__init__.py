"""What is read of facts and of what is kept beside them, by who may see it."""

from firmtrack.store.reading.seeing import statements_in

statement = statements_in(__name__)
