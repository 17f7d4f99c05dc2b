"""What to try in the demonstration: links to what is worth looking at, found anew now and then.

Each is a claim, such as that a device has stalled. The world goes on, so they are looked for again
every few minutes, among what the demonstration's own parties see.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.urls import reverse
from psycopg import Connection
from psycopg.rows import TupleRow, args_row

from firmtrack.answers.requests import DistributionFilter
from firmtrack.demonstration import notes
from firmtrack.demonstration.cast import ADA, BEN, OLU
from firmtrack.demonstration.estate import ALPHA, BRAVO
from firmtrack.domain.pace import Pace
from firmtrack.domain.viewer import Viewer
from firmtrack.presentation.times import utc_text
from firmtrack.store.database import pool
from firmtrack.store.numbers import eui_of, request_id_of, to_bigint
from firmtrack.store.reading import requests

_RENEWED_EVERY_SECONDS = 300.0
_REQUESTS_LOOKED_AT = 150
_SHOWN_AROUND = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Try:
    """Something to try: what is claimed of it, where it is, and whose view of it."""

    key: str
    text: str
    path: str
    email: str


class _Device(NamedTuple):
    device_id: int


class _Failure(NamedTuple):
    device_id: int
    recorded_at: datetime


class _Request(NamedTuple):
    originator: int
    target: int
    counter: int


_FAILED = """
SELECT c.device_id, m.recorded_at
FROM current_distribution AS c
JOIN message AS m ON m.message_id = c.word_message_id
JOIN device AS d ON d.device_id = c.device_id AND d.responsible_supplier = %(alpha)s
WHERE c.originator = %(alpha)s AND c.completion = 'failed' AND c.stage = 5 AND c.is_own_word
  AND NOT EXISTS (
      SELECT
      FROM current_distribution AS other
      WHERE other.device_id = c.device_id AND other.submitted_at > c.submitted_at
  )
ORDER BY c.occurred_at DESC, c.device_id
LIMIT 1
"""
_NEWEST_REQUESTS = """
SELECT originator, target, counter
FROM request
WHERE originator = %(alpha)s
ORDER BY submitted_at DESC, request_key
LIMIT %(most)s
"""
_MOST_FAILED = """
SELECT originator, target, counter
FROM current_distribution
WHERE originator = %(alpha)s AND completion = 'failed'
GROUP BY originator, target, counter
ORDER BY count(*) DESC, counter
LIMIT 1
"""
_LOST_ANSWER = """
SELECT d.device_id
FROM device AS d
JOIN activation_event AS a
    ON a.device_id = d.device_id AND a.originator = %(alpha)s AND a.reason = 'N13' AND a.failed
WHERE d.device_status = 'Suspended' AND d.responsible_supplier = %(alpha)s
  AND NOT EXISTS (
      SELECT FROM activation_event AS later
      WHERE later.device_id = a.device_id AND later.occurred_at > a.occurred_at
  )
ORDER BY a.occurred_at DESC, d.device_id
LIMIT 1
"""
_CHANGED_SUPPLIER = """
SELECT s.device_id
FROM supplier_change AS s
JOIN device AS d ON d.device_id = s.device_id AND d.responsible_supplier = %(bravo)s
JOIN current_distribution AS c
    ON c.device_id = s.device_id AND c.originator = %(alpha)s
        AND c.submitted_at < s.told_at AND c.occurred_at > s.told_at
WHERE s.user_id = %(alpha)s
ORDER BY s.told_at DESC, s.device_id
LIMIT 1
"""
_PARTIES: Mapping[str, Any] = {
    "alpha": to_bigint(ALPHA),
    "bravo": to_bigint(BRAVO),
    "most": _REQUESTS_LOOKED_AT,
}


class _Renewed:
    """When the list was last found by this process, by the monotonic clock."""

    at: float | None = None


def renew_if_due(now: datetime) -> None:
    """Find anew what to try unless that was done a few minutes ago."""
    if _Renewed.at is None or time.monotonic() - _Renewed.at > _RENEWED_EVERY_SECONDS:
        _Renewed.at = time.monotonic()
        renew(now)


def renew(now: datetime) -> None:
    """Find what to try as it is ``now``, and note it."""
    notes.add(try_this=[asdict(each) for each in find(now)])


def of(noted: Mapping[str, Any]) -> Sequence[Try]:
    """Return what to try as it was last found, of the notes."""
    return [Try(**each) for each in noted.get("try_this", [])]


def sign_in_path(each: Try) -> str:
    """Return the address that leads there by the sign-in page, which offers the right account."""
    return f"{reverse('sign-in')}?{urlencode({'next': each.path})}"


def find(now: datetime) -> list[Try]:
    """Return what there is to try, in the order to show it; what there is not is left out."""
    with pool().connection() as connection:
        return [
            *_failed(connection),
            *_stalled(connection, now),
            *_lost_answer(connection),
            *_changed_supplier(connection),
            *_most_failed(connection),
            Try("causes", "What failures have in common", reverse("causes"), ADA.email),
            Try(
                "performance",
                "How well deliveries go, by week, region and model",
                reverse("delivery-performance"),
                ADA.email,
            ),
        ]


def _failed(connection: Connection[TupleRow]) -> list[Try]:
    rows = _rows(connection, _Failure, _FAILED)
    if not rows:
        return []
    (failure,) = rows
    path = _of_device(failure.device_id)
    before = _as_of(path, failure.recorded_at - _SHOWN_AROUND)
    after = _as_of(path, failure.recorded_at + _SHOWN_AROUND)
    return [
        Try("failed", "A device whose update failed", path, ADA.email),
        Try("before", "The same device, as it was known before the failure", before, ADA.email),
        Try("after", "The same device, as it was known just after the failure", after, ADA.email),
        Try("dcc", "The same device, as DCC’s staff see it", path, OLU.email),
    ]


def _stalled(connection: Connection[TupleRow], now: datetime) -> list[Try]:
    viewer = Viewer.of_user_ids("the demonstration", (ALPHA,))
    wanted = DistributionFilter(pace=Pace.STALLED)
    for row in _rows(connection, _Request, _NEWEST_REQUESTS):
        request_id = request_id_of(*row)
        page = requests.list_distributions(viewer, request_id, wanted, limit=1, now=now)
        for found in page.items:
            path = reverse("device", args=[str(found.device_id)])
            return [Try("stalled", "A device whose update has stalled", path, ADA.email)]
    return []


def _lost_answer(connection: Connection[TupleRow]) -> list[Try]:
    text = (
        "A device whose answer to an activation was lost: it is Suspended, and DCC’s inventory"
        " holds the old version"
    )
    return [
        Try("lost", text, _of_device(row.device_id), ADA.email)
        for row in _rows(connection, _Device, _LOST_ANSWER)
    ]


def _changed_supplier(connection: Connection[TupleRow]) -> list[Try]:
    text = (
        "A meter that went to another supplier while its update was under way, which no message"
        " tells its old one"
    )
    rows = _rows(connection, _Device, _CHANGED_SUPPLIER)
    tries: list[Try] = []
    for row in rows:
        path = _of_device(row.device_id)
        tries.append(Try("moved", text, path, ADA.email))
        tries.append(Try("gained", "The same meter, as its new supplier sees it", path, BEN.email))
    return tries


def _most_failed(connection: Connection[TupleRow]) -> list[Try]:
    tries: list[Try] = []
    for row in _rows(connection, _Request, _MOST_FAILED):
        path = reverse("service-request", args=[str(request_id_of(*row))])
        tries.append(Try("request", "The request with the most failures", path, ADA.email))
    return tries


def _of_device(device_id: int) -> str:
    return reverse("device", args=[str(eui_of(device_id))])


def _as_of(path: str, moment: datetime) -> str:
    return f"{path}?{urlencode({'as_of': utc_text(moment)})}"


def _rows(connection: Connection[TupleRow], kind: Any, statement: str) -> list[Any]:
    with connection.cursor(row_factory=args_row(kind)) as cursor:
        return cursor.execute(statement.encode(), _PARTIES).fetchall()
