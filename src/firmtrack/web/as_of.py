"""Of which moment a result page tells: the present, or what was known at a past one."""

from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit, urlunsplit

from django.http import HttpRequest

from firmtrack.answers.side_parts import side_part
from firmtrack.domain.viewer import Viewer
from firmtrack.domain.voice import voice_for
from firmtrack.lookups.as_of import Settled, past_of
from firmtrack.lookups.freshness import freshness
from firmtrack.lookups.known_from import past_known_from
from firmtrack.presentation import known_from
from firmtrack.presentation.as_of import (
    USUAL_IS_OF_TODAY,
    MalformedMoment,
    moved_back_text,
    read_typed_time,
)
from firmtrack.presentation.times import utc_text
from firmtrack.store import replica

_NOT_A_TIME = "Enter a real day and time, like 14/11/2026 09:12"


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What the address asks for: ``past`` is None for the present.

    ``kept_from`` is from when on updates are kept, if that is later than ``past``.
    ``is_to_come`` says that a time was asked for that is still to come, ``is_moved`` that a later
    one was asked for, of which more may still be recorded. ``mistyped`` is what was typed if it
    cannot be read as a time: the page then shows the present, and says so.
    """

    past: Settled | None = None
    kept_from: datetime | None = None
    is_to_come: bool = False
    is_moved: bool = False
    mistyped: str | None = None

    @property
    def now(self) -> datetime:
        """The time at which the page stands."""
        return self.past or known_to()

    @property
    def query(self) -> dict[str, str]:
        """The query that asks for the same moment, empty for the present."""
        return {} if self.past is None else {"as_of": utc_text(self.past)}

    @property
    def errors(self) -> dict[str, list[str]]:
        """What to correct, by the field's name; empty if there is nothing."""
        return {} if self.mistyped is None else {"as_of": [_NOT_A_TIME]}

    @property
    def status(self) -> HTTPStatus:
        """The status with which the page of what was found is answered."""
        return HTTPStatus.OK if self.mistyped is None else HTTPStatus.BAD_REQUEST

    @property
    def moved_back(self) -> str | None:
        """What to say of a moment that was moved back; None if it was not."""
        return moved_back_text(self.past) if self.past is not None and self.is_moved else None

    @property
    def not_whole(self) -> str | None:
        """What to say of a moment of which not all is kept; None if all is."""
        return None if self.kept_from is None else known_from.past_text(self.kept_from)

    @property
    def not_found(self) -> str | None:
        """What to say where nothing is found at such a moment; None if all of it is kept."""
        return None if self.kept_from is None else known_from.not_found_text(self.kept_from)

    def keep(self, address: str) -> str:
        """Return an address of a result with the same moment asked for."""
        if self.past is None:
            return address
        parts = urlsplit(address)
        query = "&".join(filter(None, (parts.query, urlencode(self.query))))
        return urlunsplit(parts._replace(query=query))


PRESENT = Moment()


def known_to() -> datetime:
    """Return up to when what the page has looked up is known: now, unless it read on a replica."""
    reached = replica.reached()
    return datetime.now(UTC) if reached is None else reached.known_to


def moment_in(request: HttpRequest) -> Moment:
    """Return the moment that the address asks for."""
    typed = request.GET.get("as_of", "")
    if not typed.strip():
        return PRESENT
    try:
        asked = read_typed_time(typed)
    except MalformedMoment:
        return Moment(mistyped=typed)
    past = past_of(asked.last)
    if past is None:
        # This very minute, and today, are not over yet.
        return Moment(is_to_come=asked.first > datetime.now(UTC))
    return Moment(
        past=past.moment,
        kept_from=past_known_from(past.moment),
        is_moved=past.asked is not None,
    )


def as_of_context(viewer: Viewer, moment: Moment) -> dict[str, object]:
    """Return what a result page says of its moment, and in the present of how fresh it is."""
    now = datetime.now(UTC)
    fresh = None if moment.past else side_part("freshness", lambda: freshness(viewer, now))
    return {
        "moment": moment,
        "fresh": fresh,
        "usual_is_of_today": USUAL_IS_OF_TODAY,
        "voice": voice_for(viewer),
    }
