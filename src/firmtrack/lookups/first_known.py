"""The look-up of since when something is known, for whoever asked for an earlier moment.

What a viewer does not see now either was never known to it: None, as of what does not exist.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import ceil, floor

from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.seeing import View
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.as_of import Settled
from firmtrack.lookups.inventory import is_inventory_seen
from firmtrack.lookups.seen import device_answer
from firmtrack.lookups.views import read_view
from firmtrack.store.audit import record_lookup
from firmtrack.store.reading import requests

_SECOND = timedelta(seconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FirstKnown:
    """From when on something of it was known to the viewer: a whole second in UTC.

    ``is_day``: it was learnt from another party's message, so ``at`` is the end of that day.
    """

    at: datetime
    is_day: bool


def when_device_known(viewer: Viewer, device_id: Eui64, asked: Settled) -> FirstKnown | None:
    """Return from when on, after the moment ``asked``, the viewer saw something of the device."""
    return _when_seen(viewer, device_id, asked, lambda view: device_answer(view) is not None)


def when_inventory_known(viewer: Viewer, device_id: Eui64, asked: Settled) -> FirstKnown | None:
    """Return from when on, after the moment ``asked``, the viewer saw the device's inventory."""
    return _when_seen(viewer, device_id, asked, is_inventory_seen)


def when_request_known(viewer: Viewer, request_id: RequestId, asked: Settled) -> FirstKnown | None:
    """Return from when on, after the moment ``asked``, the request was known to the viewer."""
    found = requests.find_request(viewer, request_id)
    recorded_at = None if found is None else requests.recorded_at(viewer, request_id)
    first = None
    if found is not None and recorded_at is not None and recorded_at > asked:
        is_own = viewer.sees_all or found.statement_count > 0
        first = _first_known(recorded_at, is_own=is_own)
    record_lookup(viewer, "first_known", str(request_id), 0 if first is None else 1, as_of=asked)
    return first


def _when_seen(
    viewer: Viewer, device_id: Eui64, asked: Settled, is_seen: Callable[[View], bool]
) -> FirstKnown | None:
    first = None
    if is_seen(read_view(viewer, device_id, None)):
        at = _beginning(
            lambda moment: is_seen(read_view(viewer, device_id, Settled(moment))),
            asked,
            datetime.now(UTC),
        )
        then = read_view(viewer, device_id, Settled(at))
        first = _first_known(at, is_own=_is_of_own_word(then))
    record_lookup(viewer, "first_known", str(device_id), 0 if first is None else 1, as_of=asked)
    return first


def _beginning(was_seen: Callable[[datetime], bool], before: datetime, after: datetime) -> datetime:
    """Return when something began to be seen that was not ``before`` and is ``after``.

    To the second, rounded up, in as many looks as the seconds between have binary digits. Where
    messages were withdrawn meanwhile it may have been seen, for a time, earlier, too.
    """
    unseen, seen = floor(before.timestamp()), ceil(after.timestamp())
    while seen - unseen > 1:
        middle = (unseen + seen) // 2
        if was_seen(datetime.fromtimestamp(middle, UTC)):
            seen = middle
        else:
            unseen = middle
    return datetime.fromtimestamp(seen, UTC)


def _is_of_own_word(view: View) -> bool:
    """Return whether the viewer knew of the device by a message of its own, or sees all."""
    return (
        view.viewer.sees_all
        or view.is_party
        or any(not each.is_anothers for each in view.unattributed)
        or any(
            seen.distribution.request.claim is not None
            or any(not event.is_anothers for event in seen.history)
            for seen in view.own
        )
        or any(True for _ in view.chapters.all())
    )


def _first_known(at: datetime, *, is_own: bool) -> FirstKnown:
    if is_own:
        return FirstKnown(at=datetime.fromtimestamp(ceil(at.timestamp()), UTC), is_day=False)
    return FirstKnown(at=start_of_day(at) + _DAY - _SECOND, is_day=True)
