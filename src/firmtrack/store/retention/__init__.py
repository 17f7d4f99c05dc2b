"""What goes when its time is over: whole months, and rows that nothing needs any more."""

from firmtrack.store.statements import statements_in

statement = statements_in(__name__)
