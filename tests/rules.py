"""The rules as tests put them together, apart from the fold that the product makes of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from firmtrack.domain.attribution import Candidate, Clue, best_candidate
from firmtrack.domain.facts import Event, message_id_of
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusEvent:
    """One thing that a message, known by its digest, reports of a distribution."""

    status: Status
    names_device: bool
    occurred_at: datetime
    digest: bytes
    reason: str | None = None

    @property
    def message_id(self) -> UUID:
        """The message that reports it."""
        return message_id_of(self.digest)


def attribute(
    event: Event, addressee: Eui64 | None, candidates: Iterable[Candidate]
) -> RequestId | None:
    """Return the request that ``event`` belongs to, None if it fits none."""
    if event.request_id is not None:
        return event.request_id
    clue = Clue(
        at=event.occurred_at,
        image_hash=event.image_hash,
        firmware_version=event.firmware_version,
        addressee=addressee,
    )
    found = best_candidate(clue, candidates)
    return None if found is None else found.request_id
