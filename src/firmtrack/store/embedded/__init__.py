"""Embedded PostgreSQL: a server of our own, shared by every process that needs it."""

from firmtrack.store.embedded.failure import EmbeddedPostgresFailed
from firmtrack.store.embedded.hold import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresFailed"]
