"""Diagnosis: where an update is, whether that is usual, who acts next, and what to do."""
