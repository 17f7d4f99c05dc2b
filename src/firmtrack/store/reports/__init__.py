"""Figures over many requests: counted in the background, read beside the answers."""

from firmtrack.store.reading.seeing import statements_in

statement = statements_in(__name__)
