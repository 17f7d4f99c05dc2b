"""The look-ups of watches: what a person watches, and asking to watch something."""

from collections.abc import Sequence

from firmtrack.answers.watches import WatchAnswer, Watched
from firmtrack.notices import watches
from firmtrack.notices.watches import Watcher
from firmtrack.store.audit import record_lookup


def list_watches(watcher: Watcher) -> Sequence[WatchAnswer]:
    """Return what the person watches, the newest first, and after it what has ended by itself."""
    found = watches.list_watches(watcher)
    record_lookup(watcher.viewer, "watches", "", len(found))
    return found


def set_watch(watcher: Watcher, watched: Watched, endpoint_id: int | None) -> None:
    """Have the person told of what they watch, which is an act on record.

    That they may not see it is, to who asks, as if it did not exist; and that they asked is on
    record. Raises NotSeen, AlreadyEnded, TooManyWatches, UnknownWay.
    """
    try:
        watches.set_watch(watcher, watched, endpoint_id)
    except (watches.NotSeen, watches.AlreadyEnded) as refusal:
        rows = int(isinstance(refusal, watches.AlreadyEnded))
        record_lookup(watcher.viewer, "watch", str(watched), rows)
        raise
