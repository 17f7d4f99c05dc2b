"""The counts of a viewer's updates, as the arrays in which causes are searched."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from psycopg import Connection
from psycopg.abc import Buffer
from psycopg.adapt import Loader
from psycopg.pq import Format
from psycopg.rows import TupleRow

from firmtrack.answers.causes import CausesQuestion
from firmtrack.causes.cells import Cells, IntArray
from firmtrack.domain.causes import PROFILE_ATTRIBUTES, Attribute
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.viewer import Viewer
from firmtrack.errors import FirmtrackError
from firmtrack.store.numbers import request_id_of, request_parts
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.reports import rows_of, statement
from firmtrack.store.reports.cause_counting import CountedRow, Profile, counted_as_of

MOST_OF_PAST = 200_000
"""So many updates at most are folded from their facts for one answer of the past."""

_ARRAYS = (
    "profile_keys", "standings", "stages", "reason_keys", "days", "counts", "first_at", "last_at",
)  # fmt: skip
"""The columns of cause_count whose places are counts."""

_HEADER_BYTES = 20


def _array_of(octets: bytes | bytearray | memoryview, kind: str) -> IntArray:
    """Return what PostgreSQL sends for a one-dimensional array of integers without nulls.

    Of an empty one only a part of the header: see array_send in PostgreSQL's source.
    """
    if len(octets) <= _HEADER_BYTES:
        return np.empty(0, dtype=np.int64)
    elements = np.dtype([("length", ">i4"), ("value", kind)])
    return np.frombuffer(octets, elements, offset=_HEADER_BYTES)["value"].astype(np.int64)


class _Int4Array(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> IntArray:
        return _array_of(data, ">i4")


class _Int8Array(Loader):
    format = Format.BINARY

    def load(self, data: Buffer) -> IntArray:
        return _array_of(data, ">i8")


class PastTooLarge(FirmtrackError):
    """Of the past so many updates cannot be compared at once: ask about fewer days."""


@dataclass(frozen=True, slots=True)
class ComparedRequest:
    """A request whose updates are compared; a version or hash that is not known is ""."""

    request_key: int
    originator: int
    target: int
    counter: int
    submitted_at: datetime
    firmware_version: str
    image_hash: str

    @property
    def request_id(self) -> RequestId:
        """The Service Request ID."""
        return request_id_of(self.originator, self.target, self.counter)


@dataclass(frozen=True, slots=True)
class _PastSize:
    updates: int


def compared_requests(
    connection: Connection[TupleRow], viewer: Viewer, question: CausesQuestion, now: datetime
) -> list[ComparedRequest]:
    """Return the viewer's requests that the question is about, in the order of their keys."""
    originator, target, counter = (
        (None, None, None) if question.request_id is None else request_parts(question.request_id)
    )
    asked = asked_by(viewer) | {
        "first_at": now - timedelta(days=question.days),
        "originator": originator,
        "target": target,
        "counter": counter,
    }
    return rows_of(connection, ComparedRequest, "cause_requests", asked)


def present_cells(connection: Connection[TupleRow], requests: Sequence[ComparedRequest]) -> Cells:
    """Return how the requests' updates stand, as they were last counted."""
    asked = {"request_keys": [each.request_key for each in requests]}
    with connection.cursor(binary=True) as cursor:
        types = cursor.adapters.types
        cursor.adapters.register_loader(types["int4"].array_oid, _Int4Array)
        cursor.adapters.register_loader(types["int8"].array_oid, _Int8Array)
        rows = cursor.execute(statement("cause_read"), asked).fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * (1 + len(_ARRAYS))
    counted = {
        name: np.concatenate([np.empty(0, dtype=np.int64), *arrays])
        for name, arrays in zip(_ARRAYS, columns[1:], strict=True)
    }
    lengths = [len(each) for each in columns[1]]
    counted["request_keys"] = np.repeat(np.array(columns[0], dtype=np.int64), lengths)
    profile_keys, profile = np.unique(counted["profile_keys"], return_inverse=True)
    profiles = {
        key: Profile._make(texts)
        for key, *texts in connection.execute(
            statement("cause_read_profiles"), {"profile_keys": profile_keys.tolist()}
        )
    }
    reason_keys, reason = np.unique(counted["reason_keys"], return_inverse=True)
    reasons: dict[int, str] = dict(
        connection.execute(
            "SELECT reason_key, reason FROM failure_reason WHERE reason_key = ANY (%s)",
            (reason_keys.tolist(),),
        ).fetchall()
    )
    return _cells(
        requests,
        counted,
        profile=profile,
        profiles=[profiles[key] for key in profile_keys.tolist()],
        reason=reason,
        reasons=[reasons.get(key) for key in reason_keys.tolist()],
    )


def past_cells(
    connection: Connection[TupleRow],
    requests: Sequence[ComparedRequest],
    as_of: datetime,
    *,
    most: int = MOST_OF_PAST,
) -> Cells:
    """Return how the requests' updates stood at a past moment.

    Raises PastTooLarge if they are more than ``most``.
    """
    asked = {"request_keys": [each.request_key for each in requests]}
    (size,) = rows_of(connection, _PastSize, "cause_past_size", asked)
    if size.updates > most:
        raise PastTooLarge
    rows: list[CountedRow] = []
    for each in requests:
        rows += counted_as_of(connection, each.request_key, each.request_id, as_of)
    profiles = sorted({row.profile for row in rows})
    reasons = sorted({row.reason for row in rows}, key=lambda each: each or "")
    profile_places = {each: place for place, each in enumerate(profiles)}
    reason_places = {each: place for place, each in enumerate(reasons)}
    return _cells(
        requests,
        {
            "request_keys": _array(row.request_key for row in rows),
            "standings": _array(row.standing for row in rows),
            "stages": _array(row.stage for row in rows),
            "days": _array(row.day for row in rows),
            "counts": _array(row.count for row in rows),
            "first_at": _array(row.first_at for row in rows),
            "last_at": _array(row.last_at for row in rows),
        },
        profile=_array(profile_places[row.profile] for row in rows),
        profiles=profiles,
        reason=_array(reason_places[row.reason] for row in rows),
        reasons=reasons,
    )


def _cells(
    requests: Sequence[ComparedRequest],
    counted: Mapping[str, IntArray],
    *,
    profile: IntArray,
    profiles: Sequence[Profile],
    reason: IntArray,
    reasons: Sequence[str | None],
) -> Cells:
    """Return the cells; ``profile`` and ``reason`` are places in ``profiles`` and ``reasons``."""
    keys = _array(each.request_key for each in requests)
    request = np.searchsorted(keys, counted["request_keys"])
    of_profiles: dict[Attribute, list[str]] = {
        attribute: [getattr(each, attribute) for each in profiles]
        for attribute in PROFILE_ATTRIBUTES
    }
    of_requests: dict[Attribute, list[str]] = {
        Attribute.FIRMWARE_VERSION: [each.firmware_version for each in requests],
        Attribute.IMAGE_HASH: [each.image_hash for each in requests],
        Attribute.SERVICE_REQUEST_ID: [str(each.request_id) for each in requests],
    }
    values: dict[Attribute, Sequence[str]] = {}
    codes: dict[Attribute, IntArray] = {}
    for texts, place in ((of_profiles, profile), (of_requests, request)):
        for attribute, each in texts.items():
            values[attribute] = ["", *sorted(set(each) - {""})]
            code_of = {text: code for code, text in enumerate(values[attribute])}
            codes[attribute] = _array(code_of[text] for text in each)[place]
    named = sorted(each for each in reasons if each is not None)
    reason_of: dict[str | None, int] = {None: 0, **{text: i for i, text in enumerate(named, 1)}}
    return Cells(
        request_ids=[each.request_id for each in requests],
        submitted_at=[each.submitted_at for each in requests],
        reasons=[None, *named],
        values=values,
        request=request,
        standing=counted["standings"],
        stage=counted["stages"],
        reason=_array(reason_of[each] for each in reasons)[reason],
        day=counted["days"],
        count=counted["counts"],
        first=counted["first_at"],
        last=counted["last_at"],
        codes=codes,
    )


def _array(numbers: Iterable[int]) -> IntArray:
    return np.fromiter(numbers, dtype=np.int64)
