"""The look-up beside the search form: what happened since one looked, what one looked at last."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from firmtrack.accounts.models import User
from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.happenings import Happenings, OpenedBefore, Visit
from firmtrack.domain.causes import CauseKey
from firmtrack.domain.identifiers import Eui64, MalformedIdentifier, RequestId
from firmtrack.presentation.times import utc_text
from firmtrack.store.audit import record_lookup
from firmtrack.store.reading.audit import list_opened
from firmtrack.store.reports import happenings
from firmtrack.store.visits import keep_shown, visit_of

_MOST_LISTED = 5
_MOST_OPENED = 6

_READ: Mapping[str, Callable[[str], RequestId | Eui64 | CauseKey | None]] = {
    "service_request": RequestId.parse,
    "device": Eui64.parse,
    "cause": CauseKey.of_line,
}
"""How the audit's term of a kind of look-up is read again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinceLastLook:
    """What happened since a person last looked; ``found`` is None while nobody has counted yet.

    ``days`` is the span that was asked for instead, None if none was.
    """

    visit: Visit
    days: int | None
    found: Happenings | None


def since_last_look(
    person: User, *, days: int | None = None, now: datetime | None = None
) -> SinceLastLook:
    """Return what happened to the requests that the person may see since they last looked.

    With ``days``: in the last so many days; what is told so is no visit, and is told again.
    """
    viewer, now = viewer_of(person), now or datetime.now(UTC)
    visit = visit_of(person.pk, now)
    if days is not None:
        visit = replace(visit, since=now - timedelta(days=days), is_whole=True)
    until = happenings.last_counted_at()
    found = None
    if until is not None:
        found = happenings.happenings(viewer, visit.since, until, limit=_MOST_LISTED)
    rows = 0 if found is None else _rows(found)
    record_lookup(viewer, "since_last_look", utc_text(visit.since), rows)
    if until is not None and days is None:
        keep_shown(person.pk, visit, until, now)
    return SinceLastLook(visit=visit, days=days, found=found)


def opened_last(person: User) -> list[OpenedBefore]:
    """Return what the very person looked up last, newest first, each once."""
    found = []
    for kind, term, at in list_opened(viewer_of(person), list(_READ), limit=_MOST_OPENED):
        found_id = _read(kind, term)
        if found_id is not None:
            found.append(OpenedBefore(found_id=found_id, at=at))
    return found


def _read(kind: str, term: str) -> RequestId | Eui64 | CauseKey | None:
    try:
        return _READ[kind](term)
    except MalformedIdentifier:
        return None


def _rows(found: Happenings) -> int:
    troubles = len(found.failed.largest) + len(found.stalled.largest)
    return len(found.ended) + troubles + len(found.causes)
