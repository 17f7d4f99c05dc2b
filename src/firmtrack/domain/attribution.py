"""To which request an event belongs whose message names none."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from firmtrack.domain.facts import Event
from firmtrack.domain.identifiers import FirmwareVersion, RequestId

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A request that names the event's device.

    ``submitted_at`` is None while nothing tells it; such a request counts as older than all others.
    """

    request_id: RequestId
    submitted_at: datetime | None
    image_hash: bytes | None
    firmware_version: FirmwareVersion | None


def attribute(event: Event, candidates: Iterable[Candidate]) -> RequestId | None:
    """Return the request that ``event`` belongs to, None if it fits none.

    An event that names its request is believed; any other belongs to the newest that agrees.
    """
    if event.request_id is not None:
        return event.request_id
    return newest_agreeing(
        image_hash=event.image_hash,
        firmware_version=event.firmware_version,
        at=event.occurred_at,
        candidates=candidates,
    )


def newest_agreeing(
    *,
    image_hash: bytes | None,
    firmware_version: FirmwareVersion | None,
    at: datetime,
    candidates: Iterable[Candidate],
) -> RequestId | None:
    """Return the newest request submitted at or before ``at`` whose image is the one told of.

    None if none is. Images agree by their hash, or, where either has none, by their version.
    """
    fitting = [
        candidate
        for candidate in candidates
        if (candidate.submitted_at is None or candidate.submitted_at <= at)
        and agrees(image_hash, firmware_version, candidate)
    ]
    newest = max(fitting, key=_age_order, default=None)
    return None if newest is None else newest.request_id


def agrees(
    image_hash: bytes | None, firmware_version: FirmwareVersion | None, candidate: Candidate
) -> bool:
    """Return whether both have the same image hash, or, where either has none, the same version."""
    if image_hash is not None and candidate.image_hash is not None:
        return image_hash == candidate.image_hash
    if firmware_version is not None and candidate.firmware_version is not None:
        return firmware_version == candidate.firmware_version
    return False


def _age_order(candidate: Candidate) -> tuple[datetime, RequestId]:
    return (candidate.submitted_at or _BEFORE_ALL, candidate.request_id)
