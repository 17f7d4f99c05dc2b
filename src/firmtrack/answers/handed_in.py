"""What became of a message that its party handed in."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedInAnswer:
    """A message's outcome, by the name that the API gives it; ``accepted``: it waits.

    ``kind`` is of what was ignored, reason and ``quarantine_id`` of what could not be taken.
    """

    message_id: UUID
    outcome: str
    kind: str | None = None
    reason_code: str | None = None
    reason: str | None = None
    quarantine_id: int | None = None
