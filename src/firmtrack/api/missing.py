"""The problem that nothing was found, which says since when something is known."""

from datetime import datetime

from firmtrack.api.problems import Problem, ProblemFound
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.first_known import (
    FirstKnown,
    when_device_known,
    when_inventory_known,
    when_request_known,
)
from firmtrack.lookups.known_from import Kind, known_from, missing_known_from
from firmtrack.presentation.as_of import not_known_then_text
from firmtrack.presentation.known_from import messages_text, not_found_text
from firmtrack.presentation.search import SearchBy
from firmtrack.presentation.times import utc_text


def request_not_found(viewer: Viewer, request_id: RequestId, past: Settled | None) -> ProblemFound:
    """Return the problem that the viewer sees no such request at a moment, None for now."""
    first = None if past is None else when_request_known(viewer, request_id, past)
    return _not_found(SearchBy.SERVICE_REQUEST_ID, first, missing_known_from(past))


def device_not_found(viewer: Viewer, device_id: Eui64, past: Settled | None) -> ProblemFound:
    """Return the problem that the viewer sees nothing of the device at a moment, None for now."""
    first = None if past is None else when_device_known(viewer, device_id, past)
    return _not_found(SearchBy.DEVICE_ID, first, missing_known_from(past))


def message_not_found() -> ProblemFound:
    """Return the problem that the viewer sees no such message."""
    kept_from = known_from(Kind.FACTS)
    if kept_from is None:
        return ProblemFound(Problem.NOT_FOUND)
    detail = f"{Problem.NOT_FOUND.sentence} {messages_text(kept_from)}"
    return ProblemFound(Problem.NOT_FOUND, detail, kept_from=kept_from)


def inventory_not_found(viewer: Viewer, device_id: Eui64, past: Settled | None) -> ProblemFound:
    """Return the problem that the viewer sees no inventory at a moment, None for now."""
    first = None if past is None else when_inventory_known(viewer, device_id, past)
    return _not_found(SearchBy.DEVICE_ID, first, None)  # what the inventory holds is always kept


def _not_found(
    search_by: SearchBy, first: FirstKnown | None, kept_from: datetime | None
) -> ProblemFound:
    if first is None and kept_from is not None:
        detail = f"{Problem.NOT_FOUND.sentence} {not_found_text(kept_from)}"
        return ProblemFound(Problem.NOT_FOUND, detail, kept_from=kept_from)
    if first is None:
        return ProblemFound(Problem.NOT_FOUND)
    at = f"{first.at.date()}" if first.is_day else utc_text(first.at)
    detail = not_known_then_text(search_by, at, kept_from=kept_from)
    return ProblemFound(Problem.NOT_FOUND, detail, kept_from=kept_from)
