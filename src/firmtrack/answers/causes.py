"""What failures have in common: the answers of the look-ups of causes. Times are aware, in UTC."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from firmtrack.answers.counted import Counted
from firmtrack.domain.causes import CauseKey, Trait
from firmtrack.domain.identifiers import Eui64, RequestId

DEFAULT_DAYS = 30
LONGEST_DAYS = 400


class CauseState(StrEnum):
    """Whether a cause still does harm."""

    OPEN = "open"
    """Updates joined it lately; or, of what stands still, some do."""
    QUIET = "quiet"
    """None joined it lately, but some with this in common have yet to come to the step."""
    OVER = "over"
    """None joined it lately, and none can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CausesQuestion:
    """Which updates are asked about: of requests submitted in the last ``days``.

    With ``request_id`` the causes that updates of this request have, and its own counts; it is
    compared with the same updates as without, and with its own if it is older.
    """

    days: int = DEFAULT_DAYS
    request_id: RequestId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """What some failures, or updates that stand still, have in common.

    ``device_count`` updates of the ``of_count`` that have it in common, and of which it is known
    whether they pass the step, stand so; of the viewer's other updates ``elsewhere_count`` of
    ``elsewhere_of`` do. A device in two requests is two updates. ``first_at`` and ``last_at`` are
    when the first and the last of them failed, or since when they have waited. ``also`` is what
    exactly the same updates have in common besides. ``request_ids`` are those with the most of
    them, up to 20 of the ``request_count``. ``by_day`` is how many there were by day in Great
    Britain, ascending.
    """

    key: CauseKey
    device_count: int
    of_count: int
    elsewhere_count: int
    elsewhere_of: int
    first_at: datetime
    last_at: datetime
    is_growing: bool
    state: CauseState
    also: tuple[Trait, ...]
    request_ids: tuple[RequestId, ...]
    request_count: int
    by_day: tuple[tuple[date, int], ...]

    @property
    def share(self) -> float:
        """Which part of those that have it in common stand so, 0 to 1."""
        return self.device_count / self.of_count if self.of_count else 0.0

    @property
    def elsewhere_share(self) -> float:
        """Which part of the others do, 0 to 1."""
        return self.elsewhere_count / self.elsewhere_of if self.elsewhere_of else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CausesAnswer:
    """The causes, greatest excess first; ``updates`` is how many of the viewer's were compared.

    ``counted`` is how old the counts are; of the past they are made when asked for. ``kept_from``
    is since when requests are compared where earlier ones were asked for, too, of which not all
    updates are kept; else None. ``is_left_out``: the question's own request is an earlier one.
    """

    question: CausesQuestion
    causes: tuple[Cause, ...]
    updates: int
    counted: Counted
    kept_from: datetime | None = None
    is_left_out: bool = False


class Resending(StrEnum):
    """Whether a device of a cause is in the new device list, and if not, why."""

    SEND = "send"
    """Nothing that Firmtrack knows of speaks against it."""
    OPEN = "open"
    """A request that names it may be open: DCC would leave it out."""
    DONE = "done"
    """A later update of it is Successful."""
    REMEDY_FIRST = "remedy_first"
    """It would probably fail again in the same way, or what came after the failure says more."""
    UNSURE = "unsure"
    """Something else was told of it, which was not looked at here: its own page has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseDevice:
    """An update of a cause; ``updated_at`` is a day where its word was sent to another party."""

    device_id: Eui64
    request_id: RequestId
    firmware_version: str | None
    updated_at: datetime
    resending: Resending


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What somebody of the party noted about a cause."""

    text: str
    author: str
    noted_at: datetime
