"""What parties are notified of, how it reaches them, and the proof that it did."""

from firmtrack.store.reading.seeing import statements_in

statement = statements_in(__name__)
