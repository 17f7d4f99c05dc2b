"""The audit as it is read: look-ups and acts, newest first, in portions that each end somewhere.

Nothing is read but by the party's numbers in their order. What a filter leaves out is looked at and
passed over, so many entries at once: a page costs the same however much there is, and may say that
it found nothing yet.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import LiteralString, NamedTuple

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.audit import AuditEntry, AuditFilter, AuditPage, AuditPlace
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import reading_pool
from firmtrack.store.reading import statement
from firmtrack.store.reading.seeing import asked_by

_LOOKED_AT_MOST = 5_000
_OWN_LOOKED_AT = 200
_NEWEST = 2**63 - 1
_OUT_OF_ORDER = timedelta(minutes=5)
"""By how much a greater number may have an earlier time: writers do not wait for each other."""

_NUMBERED_LOOKUP: LiteralString = """
    SELECT lookup_id, looked_up_at FROM lookup_audit WHERE lookup_id >= %s
    ORDER BY lookup_id LIMIT 1
"""
_NUMBERED_ACT: LiteralString = """
    SELECT act_id, acted_at FROM act WHERE act_id >= %s ORDER BY act_id LIMIT 1
"""
_GREATEST_LOOKUP: LiteralString = "SELECT coalesce(max(lookup_id), 0) FROM lookup_audit"
_GREATEST_ACT: LiteralString = "SELECT coalesce(max(act_id), 0) FROM act"


def list_audit(
    viewer: Viewer,
    wanted: AuditFilter,
    *,
    limit: int,
    before: AuditPlace | None = None,
    looked_at_most: int = _LOOKED_AT_MOST,
) -> AuditPage:
    """Return up to ``limit`` wanted entries that the viewer may see, newest first.

    Of each of look-ups and acts ``looked_at_most`` are held against a filter.
    """
    with reading_pool().connection() as connection:
        place = before or _start(connection, wanted.until)
        portion = limit + 1 if wanted == AuditFilter(party=wanted.party) else looked_at_most
        asked = {**asked_by(viewer), "wanted_party": wanted.party, "limit": portion}
        lookups = _rows(connection, "list_lookups", {**asked, "before": place.lookup_id})
        acts = _rows(connection, "list_acts", {**asked, "before": place.act_id})
    return _page(wanted, place, lookups, acts, limit=limit, portion=portion)


class Opened(NamedTuple):
    """What somebody looked up, by the audit's words for it, and when they last did."""

    kind: str
    term: str
    at: datetime


def list_opened(viewer: Viewer, kinds: Sequence[str], *, limit: int) -> list[Opened]:
    """Return up to ``limit`` things of these kinds that the very person found last, newest first.

    Each once. So many of their look-ups are looked at, whatever they were of.
    """
    asked = {
        **asked_by(viewer),
        "viewer": viewer.name,
        "kinds": list(kinds),
        "looked_at": _OWN_LOOKED_AT,
        "limit": limit,
    }
    with reading_pool().connection() as connection:
        rows = connection.execute(statement("list_opened"), asked, prepare=False).fetchall()
    return [Opened(*row) for row in rows]


def _page(
    wanted: AuditFilter,
    place: AuditPlace,
    lookups: Sequence[TupleRow],
    acts: Sequence[TupleRow],
    *,
    limit: int,
    portion: int,
) -> AuditPage:
    """Return what is wanted of two portions, merged by time as far as both of them reach."""
    found: list[AuditEntry] = []
    looked_at = 0
    lookup, act = 0, 0  # how many of each were looked at
    while lookup < len(lookups) or act < len(acts):
        ends = (lookup == len(lookups) == portion) or (act == len(acts) == portion)
        if ends or len(found) == limit:
            return AuditPage(entries=found, before=place, looked_at=looked_at)
        if act == len(acts) or (lookup < len(lookups) and lookups[lookup][1] >= acts[act][1]):
            row, lookup = lookups[lookup], lookup + 1
            place = place._replace(lookup_id=row[0])
        else:
            row, act = acts[act], act + 1
            place = place._replace(act_id=row[0])
        if wanted.since is not None and row[1] < wanted.since - _OUT_OF_ORDER:
            break
        looked_at += 1
        entry = _entry(row)
        if _is_wanted(entry, wanted):
            found.append(entry)
    else:
        if portion in (lookup, act):
            return AuditPage(entries=found, before=place, looked_at=looked_at)
    return AuditPage(entries=found, before=None, looked_at=looked_at)


def _is_wanted(entry: AuditEntry, wanted: AuditFilter) -> bool:
    return (
        wanted.who.casefold() in entry.who.casefold()
        and (not wanted.kinds or entry.kind in wanted.kinds)
        and (wanted.since is None or entry.at >= wanted.since)
        and (wanted.until is None or entry.at < wanted.until)
    )


def _entry(row: TupleRow) -> AuditEntry:
    _, at, party, who, kind, subject, detail, rows, as_of = row
    return AuditEntry(
        at=at,
        party=party,
        who=who,
        kind=kind,
        subject=subject,
        detail=detail,
        rows=rows,
        as_of=as_of,
    )


def _rows(
    connection: Connection[TupleRow], name: str, asked: Mapping[str, object]
) -> Sequence[TupleRow]:
    return connection.execute(statement(name), asked, prepare=False).fetchall()


def _start(connection: Connection[TupleRow], until: datetime | None) -> AuditPlace:
    """Return a place above all entries before ``until``, and not far above."""
    if until is None:
        return AuditPlace(_NEWEST, _NEWEST)
    latest = until + _OUT_OF_ORDER
    return AuditPlace(
        _first_since(connection, latest, _NUMBERED_LOOKUP, _GREATEST_LOOKUP),
        _first_since(connection, latest, _NUMBERED_ACT, _GREATEST_ACT),
    )


def _first_since(
    connection: Connection[TupleRow],
    at: datetime,
    numbered: LiteralString,
    greatest: LiteralString,
) -> int:
    """Return the number of the first entry at or after a time, found by halving.

    Some thirty searches of the key; an index of the times would cost every look-up.
    """
    (last,) = connection.execute(greatest).fetchone() or (0,)
    first = 1
    last += 1
    while first < last:
        middle = (first + last) // 2
        row = connection.execute(numbered, (middle,)).fetchone()
        if row is None or row[1] >= at:
            last = middle
        else:
            first = row[0] + 1
    return first
