"""How what happens in the demonstration's world is handed in: at its past times, or as it comes.

Up to when that was done is kept in the database. Who is killed between a batch and that note hands
the batch in again, which changes nothing: its messages are known.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import BinaryIO

from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.demonstration.recording_time import SetMoment
from firmtrack.demonstration.world import Arrival, Sending
from firmtrack.intake.envelopes import DUIS_MEDIA_TYPE, JSON_MEDIA_TYPE, Envelope
from firmtrack.intake.inventory_import import InventoryFile, import_inventory
from firmtrack.intake.receive import Submitter, receive
from firmtrack.simulator.encoding import Encoder
from firmtrack.simulator.post import StageReport
from firmtrack.simulator.responsibility import COLUMNS, HubRow, SupplierRow
from firmtrack.simulator.scenario import DEFAULT_SUPPLIERS

_BATCHES = (
    (timedelta(hours=6), timedelta(minutes=10)),
    (timedelta.max, timedelta(hours=1)),
)
"""How long ago, at most, messages came in batches of how long: each batch takes a while."""

_NOTED_EVERY = 20
_ORIGIN = "the demonstration"
_SEED = 2

_CREATE = """
CREATE TABLE IF NOT EXISTS demonstration_progress (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    handed_in_until timestamptz NOT NULL
)
"""
_NOTE = """
INSERT INTO demonstration_progress (handed_in_until) VALUES (%s)
ON CONFLICT (is_only) DO UPDATE SET handed_in_until = excluded.handed_in_until
"""


def create(connection: Connection[TupleRow]) -> None:
    """Make the note of how far the world was handed in, unless it is there."""
    connection.execute(_CREATE)


def handed_in_until(connection: Connection[TupleRow]) -> datetime | None:
    """Return up to when the world was handed in, None if nothing was."""
    row = connection.execute("SELECT handed_in_until FROM demonstration_progress").fetchone()
    return None if row is None else row[0].astimezone(UTC)


def note(connection: Connection[TupleRow], until: datetime) -> None:
    """Note that all was handed in that happened up to then."""
    connection.execute(_NOTE, (until,))


class Hands:
    """Writes and signs what is handed in, and hands it in for all parties."""

    def __init__(self) -> None:
        self._encoder = Encoder(_SEED, DEFAULT_SUPPLIERS)

    def hand_in(self, arrivals: Sequence[Arrival]) -> None:
        """Hand in what arrived: the messages together, then rows of DCC's inventory."""
        messages = [
            self._envelope(each) for each in arrivals if isinstance(each.happening, Sending)
        ]
        rows = [each.happening for each in arrivals if isinstance(each.happening, SupplierRow)]
        if messages:
            receive(messages, Submitter.operator())
        if rows:
            import_rows(rows)

    def _envelope(self, arrival: Arrival) -> Envelope:
        sending = arrival.happening
        assert isinstance(sending, Sending)
        content = sending.message.content
        body = self._encoder.octets_of(content)
        return Envelope(
            body=body if sending.is_whole else body[: len(body) * 2 // 3],
            media_type=JSON_MEDIA_TYPE if isinstance(content, StageReport) else DUIS_MEDIA_TYPE,
            received_at=sending.message.sent_at,
            origin=_ORIGIN,
        )


def hand_in_past(
    hands: Hands,
    arrivals: Iterable[Arrival],
    now: datetime,
    set_moment: SetMoment,
    connection: Connection[TupleRow],
) -> None:
    """Hand in what happened before, as one would have: in batches, each at the end of its minutes.

    ``now`` is after all of it.
    """
    found = groupby(arrivals, lambda each: min(now, _batch_end(each.at, now)))
    for place, (ends_at, batch) in enumerate(found):
        set_moment(ends_at)
        hands.hand_in(list(batch))
        if place % _NOTED_EVERY == 0:
            note(connection, ends_at)


def import_rows(rows: Iterable[SupplierRow | HubRow]) -> None:
    """Import rows of DCC's inventory, of each device the last."""
    last = {row.cells()[0]: row for row in rows}
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows(row.cells() for row in last.values())
    octets = text.getvalue().encode()

    def opened() -> AbstractContextManager[BinaryIO]:
        return io.BytesIO(octets)

    file = InventoryFile(name=_ORIGIN, open=opened)
    report = import_inventory([file], skip_bad=False, on_read=lambda _: None)
    assert report.is_kept, report.problems


def _batch_end(at: datetime, now: datetime) -> datetime:
    width = next(width for longest, width in _BATCHES if now - at < longest)
    epoch = datetime.fromtimestamp(0, UTC)
    return epoch + ((at - epoch) // width + 1) * width
