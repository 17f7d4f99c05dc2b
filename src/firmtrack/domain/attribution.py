"""To which request an event belongs whose message names none.

A message that names its request is believed. Any other belongs to one of the device's candidates:
the requests that name the device, have not refused it, and were submitted at or before the event.
The rule is written here once, and once more in SQL (``attributed_request.sql``); a property test
holds the two together.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, comparable_version
from firmtrack.domain.precedence import Ranked, current_event
from firmtrack.domain.stages import Status

_BEFORE_ALL = datetime.min.replace(tzinfo=UTC)


class Evidence(IntEnum):
    """What ties an event to a request that its message does not name; the greater is the stronger.

    NOTHING_AGAINST: neither image nor version is known on both sides. Such an event belongs only to
    its addressee's own requests; as DCC leaves a device out of a second request while one is in
    progress, the newest is the likely one.
    """

    NOTHING_AGAINST = 1
    FIRMWARE_VERSION = 2
    IMAGE_HASH = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A request that names the device of an event.

    ``submitted_at`` is the earliest time of what is about the whole request or about this very
    device; None while nothing tells one: such a request counts as older than all others.
    ``firmware_versions`` are the stated one and the one in its image's header, as far as known.
    ``is_refused``: the request refused the device (``is_refused_by``).
    """

    request_id: RequestId
    submitted_at: datetime | None
    image_hash: bytes | None
    firmware_versions: tuple[FirmwareVersion, ...]
    is_refused: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Clue:
    """What an event carries that tells to which request it belongs.

    ``addressee`` is the User whom its message was sent to, or who sent it; None if nobody.
    """

    at: datetime
    image_hash: bytes | None = None
    firmware_version: FirmwareVersion | None = None
    addressee: Eui64 | None = None


@dataclass(frozen=True, slots=True)
class Attribution:
    """The request that an event belongs to, and what that rests on."""

    request_id: RequestId
    evidence: Evidence


def best_candidate(clue: Clue, candidates: Iterable[Candidate]) -> Attribution | None:
    """Return the candidate with the strongest evidence, and the evidence; None if none fits.

    Among equal evidence the addressee's own requests come before others', then the newest.
    """
    found = _fitting(clue, candidates)
    if not found:
        return None
    evidence, best = max(
        found,
        key=lambda each: (
            each[0],
            each[1].request_id.originator == clue.addressee,
            each[1].submitted_at or _BEFORE_ALL,
            each[1].request_id,
        ),
    )
    return Attribution(best.request_id, evidence)


def fitting(clue: Clue, candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return all candidates that the event may belong to, in the order in which they are given."""
    return [candidate for _, candidate in _fitting(clue, candidates)]


def _fitting(clue: Clue, candidates: Iterable[Candidate]) -> list[tuple[Evidence, Candidate]]:
    return [
        (evidence, candidate)
        for candidate in candidates
        if not candidate.is_refused
        and (candidate.submitted_at is None or candidate.submitted_at <= clue.at)
        and (evidence := _evidence(clue, candidate)) is not None
    ]


def is_refused_by(events: Iterable[Ranked]) -> bool:
    """Return whether a request refused a device: whether the greatest event says so.

    ``events`` are those that name the request themselves, about the device or about all of it; what
    attribution adds is never among them.
    """
    greatest = current_event(events)
    return greatest is not None and greatest.status is Status.REJECTED


def _evidence(clue: Clue, candidate: Candidate) -> Evidence | None:
    """Return what ties the event to the candidate, None if anything speaks against it."""
    if clue.image_hash is not None and candidate.image_hash is not None:
        return Evidence.IMAGE_HASH if clue.image_hash == candidate.image_hash else None
    if clue.firmware_version is not None and candidate.firmware_versions:
        version = comparable_version(clue.firmware_version)
        is_same = version in map(comparable_version, candidate.firmware_versions)
        return Evidence.FIRMWARE_VERSION if is_same else None
    is_own = candidate.request_id.originator == clue.addressee
    return Evidence.NOTHING_AGAINST if is_own else None
