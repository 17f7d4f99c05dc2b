"""Times as text, in everything that the simulator writes itself."""

from datetime import UTC, datetime


def rfc3339(moment: datetime) -> str:
    """Return ``moment`` in UTC with ``Z``, to the second: the simulated world knows no finer."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
