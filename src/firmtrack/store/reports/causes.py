"""What a viewer's failures, and its updates that stand still, have in common.

Read from counts that are made in the background (docs/decisions/038); of the past they are folded
from the facts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from psycopg import Connection
from psycopg.rows import TupleRow, class_row

from firmtrack.answers.causes import Cause, CausesAnswer, CausesQuestion
from firmtrack.answers.counted import Counted
from firmtrack.causes.cells import Cells
from firmtrack.causes.search import figures_of, find
from firmtrack.domain.causes import PROFILE_ATTRIBUTES, CauseKey, CauseKind
from firmtrack.domain.disclosure import start_of_day
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.scope import not_tracked_reason
from firmtrack.domain.seeing import is_anothers
from firmtrack.domain.viewer import Viewer
from firmtrack.store.known_from import Kind, kept_from_of
from firmtrack.store.numbers import eui_of
from firmtrack.store.reading.known import asked_of
from firmtrack.store.reading.seeing import asked_by
from firmtrack.store.replica import look_up
from firmtrack.store.reports import statement
from firmtrack.store.reports.cause_cells import (
    ComparedRequest,
    compared_requests,
    past_cells,
    present_cells,
)
from firmtrack.store.reports.cause_counting import profiled_of_one, stalled_devices
from firmtrack.store.reports.last_counts import CountedFigures, last_count
from firmtrack.store.reports.snapshots import snapshot

_STANDS_SO = (
    "c.stage = %(stage)s AND c.failed = %(failed)s AND c.reason IS NOT DISTINCT FROM %(reason)s"
    " AND (c.failed OR c.device_id = ANY (%(stalled_devices)s::bigint[]))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """An update of a cause, and what else is known that bears on whether to send it again.

    ``updated_at`` is a day where its word was sent to another party. ``later_success``: a later
    update of the device is Successful; ``is_open``: one is open, or a later one may be;
    ``is_special``: something else was told of the device, its hub or the request, or it is not
    tracked.
    """

    device_id: Eui64
    request_id: RequestId
    firmware_version: str | None
    updated_at: datetime
    later_success: bool
    is_open: bool
    is_special: bool


@dataclass(frozen=True, slots=True)
class _UpdateRow:
    device_id: int
    request_key: int
    firmware_version: str | None
    occurred_at: datetime
    addressee: int | None
    device_type: str | None
    smets_version: str | None
    csp_region: str | None
    later_success: bool
    is_open: bool
    is_special: bool

    @property
    def is_tracked(self) -> bool:
        return not_tracked_reason(self.device_type, self.smets_version, self.csp_region) is None


@dataclass(frozen=True, slots=True)
class _Compared:
    """The updates that a question is about: the viewer's requests, and how they stand."""

    requests: Sequence[ComparedRequest]
    cells: Cells
    counted: Counted
    kept_from: datetime | None
    now: datetime

    def answer_to(self, question: CausesQuestion, causes: tuple[Cause, ...]) -> CausesAnswer:
        """Return the answer with these causes."""
        compared = {each.request_id for each in self.requests}
        return CausesAnswer(
            question=question,
            causes=causes,
            updates=int(self.cells.count.sum()),
            counted=self.counted,
            kept_from=self.kept_from,
            is_left_out=question.request_id not in {None, *compared},
        )


def find_causes(
    viewer: Viewer,
    question: CausesQuestion,
    *,
    now: datetime | None = None,
    as_of: datetime | None = None,
) -> CausesAnswer | None:
    """Return the causes, greatest excess first, as of ``now``, if not of a past moment.

    None if the question's request is unknown or someone else's. Raises PastTooLarge.
    """
    compared = _compared_now(viewer, question, now, as_of)
    if compared is None:
        return None
    found = find(compared.cells, now=compared.now, of_request=question.request_id)
    return compared.answer_to(question, found)


def find_cause(
    viewer: Viewer,
    key: CauseKey,
    question: CausesQuestion,
    *,
    as_of: datetime | None = None,
) -> CausesAnswer | None:
    """Return how one cause stands, whether or not it would be found now.

    None if none of the viewer's updates is of it. Raises PastTooLarge.
    """
    compared = _compared_now(viewer, question, None, as_of)
    if compared is None:
        return None
    cause = figures_of(compared.cells, key, now=compared.now, of_request=question.request_id)
    return None if cause is None else compared.answer_to(question, (cause,))


@look_up
def list_updates(
    connection: Connection[TupleRow],
    viewer: Viewer,
    key: CauseKey,
    question: CausesQuestion,
    *,
    as_of: datetime | None = None,
) -> Sequence[Update]:
    """Return all the viewer's updates of a cause, by Device ID ascending. Raises PastTooLarge.

    As they stand now or at that moment: the counts may be older.
    """
    with snapshot(connection):
        compared = _compared(connection, viewer, question, None, as_of)
        if compared is None:
            return ()
        named = _requests_with(compared, key, question)
        rows = [
            (each, row)
            for each in named
            for row in _rows(connection, viewer, key, each, compared.now, as_of)
        ]
    rows.sort(key=lambda pair: (pair[1].device_id, pair[1].request_key))
    return tuple(_update(viewer, request, row) for request, row in rows)


@look_up
def _compared_now(
    connection: Connection[TupleRow],
    viewer: Viewer,
    question: CausesQuestion,
    now: datetime | None,
    as_of: datetime | None,
) -> _Compared | None:
    with snapshot(connection):
        return _compared(connection, viewer, question, now, as_of)


def _compared(
    connection: Connection[TupleRow],
    viewer: Viewer,
    question: CausesQuestion,
    now: datetime | None,
    as_of: datetime | None,
) -> _Compared | None:
    moment = as_of or now or datetime.now(UTC)
    requests = compared_requests(connection, viewer, question, moment)
    if question.request_id not in {None, *(each.request_id for each in requests)}:
        return None
    # Of earlier requests those updates are left that took longest, and few that failed.
    kept_from = kept_from_of(connection).get(Kind.FACTS)
    if kept_from is not None:
        is_cut = moment - timedelta(days=question.days) < kept_from
        whole = [each for each in requests if each.submitted_at >= kept_from]
        kept_from = kept_from if is_cut or len(whole) < len(requests) else None
        requests = whole
    if as_of is None:
        counted = last_count(connection, CountedFigures.CAUSES)
        cells = present_cells(connection, requests)
    else:
        counted = Counted(at=as_of, read_at=as_of)
        cells = past_cells(connection, requests, as_of)
    return _Compared(requests, cells, counted, kept_from, moment)


def _requests_with(
    compared: _Compared, key: CauseKey, question: CausesQuestion
) -> list[ComparedRequest]:
    """Return the requests that have updates of the cause, in the order of their keys."""
    places = np.unique(compared.cells.request[compared.cells.are_of(key)])
    found = [compared.requests[place] for place in places.tolist()]
    return [each for each in found if question.request_id in {None, each.request_id}]


def _rows(
    connection: Connection[TupleRow],
    viewer: Viewer,
    key: CauseKey,
    request: ComparedRequest,
    now: datetime,
    as_of: datetime | None,
) -> list[_UpdateRow]:
    is_stalled = key.kind is CauseKind.STALLED
    asked: dict[str, object] = {
        **asked_by(viewer),
        **asked_of(connection, request.request_id, as_of),
        "sees_others": viewer.sees_others_updates,
        "stage": int(key.stage),
        "failed": key.status.is_bad,
        "reason": key.reason,
        "stalled_devices": (
            stalled_devices(connection, request.request_id, now, as_of=as_of) if is_stalled else []
        ),
        **{str(trait.attribute): trait.value for trait in key.traits},
    }
    with connection.cursor(row_factory=class_row(_UpdateRow)) as cursor:
        return cursor.execute(_statement(key, is_past=as_of is not None), asked).fetchall()


def _statement(key: CauseKey, *, is_past: bool) -> bytes:
    as_of = datetime.max.replace(tzinfo=UTC) if is_past else None
    traits = [
        f"p.{trait.attribute} = %({trait.attribute})s"
        for trait in key.traits
        if trait.attribute in PROFILE_ATTRIBUTES
    ]
    return profiled_of_one(
        statement("cause_devices").decode(),
        as_of,
        more=_STANDS_SO,
        traits=" AND ".join(traits) or "true",
    ).encode()


def _update(viewer: Viewer, request: ComparedRequest, row: _UpdateRow) -> Update:
    addressee = None if row.addressee is None else eui_of(row.addressee)
    is_others = is_anothers(viewer, addressee)
    return Update(
        device_id=eui_of(row.device_id),
        request_id=request.request_id,
        firmware_version=row.firmware_version,
        updated_at=start_of_day(row.occurred_at) if is_others else row.occurred_at,
        later_success=row.later_success,
        is_open=row.is_open,
        is_special=row.is_special or not row.is_tracked,
    )
