"""The words of a prune's report: what each kind of record is called, and why some of it stays."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import NamedTuple

from firmtrack.answers.pruning import Ended, PruneReport, What
from firmtrack.presentation.known_from import kept_from_text, month_text
from firmtrack.store.known_from import Kind

_KILO, _WHOLE_FROM = 1_000, 100
_UNITS = ("bytes", "kB", "MB", "GB", "TB")


class _Words(NamedTuple):
    """What a kind of record is called, and why what is as old stays; empty: nothing does."""

    name: str
    stays: str = ""


WORDS: Mapping[What, _Words] = {
    What.REQUESTS: _Words("Requests of which no update is left"),
    What.UPDATES: _Words("Updates: one device in one request"),
    What.EVENTS: _Words(
        "Events, with the room of messages",
        "of updates that are under way, of which something was said since, or that may still get a "
        "word that names no request",
    ),
    What.MESSAGES: _Words("Messages", "about what stays"),
    What.BODIES: _Words(
        "What messages said, word for word",
        "requests, whose lists of devices may be needed, and stage reports",
    ),
    What.LOOKUPS: _Words("Look-ups in the audit"),
    What.ACTS: _Words("Acts in the audit"),
    What.NOTICES: _Words(
        "Notices", "they wait, their incident goes on, or they are the last of a watch"
    ),
    What.TRIES: _Words("Tries to send these notices"),
    What.CHANGES: _Words("Changes that nobody is to be told of", "somebody is to be told of them"),
    What.INCIDENTS: _Words("Incidents that have ended and have no notice left"),
    What.ENDPOINTS: _Words("Removed endpoints that have no notice left"),
    What.REPLAYED: _Words("Quarantined inputs that were replayed", "they wait"),
    What.DISCARDED: _Words("Records of discarded inputs"),
    What.CAME_AGAIN: _Words("Records that a withdrawn message, gone by now, came again"),
    What.STALLS: _Words("Records that an update, gone by now, had stalled"),
    What.SESSIONS: _Words("Sessions that have ended"),
    What.ATTEMPTS: _Words("Attempts to sign in that count no more"),
}

TITLES = ("What", "Before", "Rows", "Size", "Months", "What stays, and why")


def report_rows(report: PruneReport) -> Iterator[tuple[str, ...]]:
    """Yield a row for each kind of record of which any is so old, by the columns TITLES."""
    for each in report.ended:
        if not each.rows and not each.stays:
            continue
        yield (
            WORDS[each.what].name,
            "" if each.kept_from is None else kept_from_text(each.kept_from),
            f"{each.rows:,}",
            size_text(each.octets) if each.octets else "",
            ", ".join(map(month_text, each.months)),
            _stays_text(each),
        )


def _stays_text(ended: Ended) -> str:
    reason = WORDS[ended.what].stays
    return f"{ended.stays:,}: {reason}" if ended.stays and reason else ""


def outcome_text(report: PruneReport) -> str:
    """Return what came of a prune as a sentence."""
    if report.is_empty:
        return "Nothing would go." if report.is_rehearsal else "There was nothing to let go."
    size = size_text(report.octets)
    if report.is_rehearsal:
        return f"{size} would go. Nothing was changed."
    return f"{size} went."


def summary_text(report: PruneReport) -> str:
    """Return what went, as the audit keeps it: each kind of record with how many, in one line."""
    went = (f"{each.what.value} {each.rows}" for each in report.ended if each.rows)
    return ", ".join(went) or "nothing"


def lives_text(kept_from: Mapping[Kind, datetime]) -> str:
    """Return from when on each kind of record is to be kept, as the audit keeps it."""
    return ", ".join(f"{kind} from {kept_from_text(at)}" for kind, at in kept_from.items())


def size_text(octets: int) -> str:
    """Return a size as people read it, to three digits at most."""
    size, unit = float(octets), 0
    while size >= _KILO and unit < len(_UNITS) - 1:
        size, unit = size / _KILO, unit + 1
    digits = 0 if unit == 0 or size >= _WHOLE_FROM else 1
    return f"{size:.{digits}f} {_UNITS[unit]}"
