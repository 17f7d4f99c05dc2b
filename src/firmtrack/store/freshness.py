"""When something last came from each source, and whether it is silent longer than usual.

It is told of the whole system, and tells of nobody: times, no numbers and no identifiers. Writers
only add a row every few seconds; whoever reads folds them (docs/decisions/013).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from psycopg import Connection, Cursor
from psycopg.rows import TupleRow

from firmtrack.domain.facts import Message, MessageKind
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.sql import statement

LEARNT_FROM = timedelta(days=28)
"""The rhythm is learnt from the silences of these last weeks."""

FEWEST_DAYS = 5
"""With fewer days on which a silence began in that hour, nothing is called usual."""

_PRECISION = timedelta(seconds=10)
_SETTLED = timedelta(minutes=1)
_FOLDED_AT_ONCE = 100_000
_FOLDING_LOCK = 0x46504652


class Source(StrEnum):
    """Where messages come from, in the order in which an update passes."""

    USERS = "users"
    DSP = "dsp"
    CSP = "csp"
    COMMS_HUBS = "comms_hubs"
    DEVICES = "devices"
    STAGE_REPORTS = "stage_reports"


SOURCE_OF_KIND: Mapping[MessageKind, Source] = {
    MessageKind.UPDATE_FIRMWARE_REQUEST: Source.USERS,
    MessageKind.ACTIVATE_FIRMWARE_REQUEST: Source.USERS,
    MessageKind.UPDATE_INVENTORY_REQUEST: Source.USERS,
    MessageKind.DEVICE_PRE_NOTIFICATION: Source.USERS,
    MessageKind.UPDATE_FIRMWARE_RESPONSE: Source.DSP,
    MessageKind.ACTIVATE_FIRMWARE_RESPONSE: Source.DSP,
    MessageKind.FIRMWARE_VERSION_RESPONSE: Source.DSP,
    MessageKind.INVENTORY_RESPONSE: Source.DSP,
    MessageKind.INVENTORY_UPDATE_RESPONSE: Source.DSP,
    MessageKind.FIRMWARE_DISTRIBUTION_FAILURE: Source.DSP,
    MessageKind.FIRMWARE_UPGRADE_REQUESTED: Source.DSP,
    MessageKind.FIRMWARE_VERSION_MISMATCH: Source.DSP,
    MessageKind.DEVICE_STATUS_CHANGE_EVENT: Source.DSP,
    MessageKind.CHANGE_OF_SUPPLIER: Source.DSP,
    MessageKind.COMMAND_FAILURE: Source.DSP,
    MessageKind.QUARANTINED_REQUEST: Source.DSP,
    MessageKind.DUIS_VERSION_MISMATCH: Source.DSP,
    MessageKind.PPMID_REMOVAL: Source.DSP,
    MessageKind.DEVICE_LOG_RESTORED: Source.DSP,
    MessageKind.CSP_FIRMWARE_DELIVERY_STATUS: Source.CSP,
    MessageKind.FIRMWARE_TRANSFER_ALERT: Source.COMMS_HUBS,
    MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT: Source.DEVICES,
    MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT: Source.DEVICES,
    MessageKind.FUTURE_DATED_ACTIVATION_ALERT: Source.DEVICES,
    MessageKind.DEVICE_FIRMWARE_ALERT: Source.DEVICES,
    MessageKind.STAGE_REPORT: Source.STAGE_REPORTS,
}
"""Which source each kind of message tells of. Answers of devices come with the DSP's, and the two
cannot be told apart by kind; alerts of DCC that name no other party are the DSP's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFreshness:
    """When Firmtrack last received anything from a source.

    ``csp_region`` is None for every source but the CSPs, and for a CSP whose devices' region the
    inventory has not told. ``usual_silence_seconds`` is the longest silence on 19 of 20 days of
    those that began in that hour of the day; None while too few days are known.
    """

    source: Source
    csp_region: str | None
    last_at: datetime
    silent_seconds: int
    usual_silence_seconds: int | None

    @property
    def is_quiet(self) -> bool:
        """Whether it is silent longer than usual; False while it is not known what is usual."""
        usual = self.usual_silence_seconds
        return usual is not None and self.silent_seconds > usual + _PRECISION.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh all that Firmtrack knows is: its sources in the order of an update, then by region.

    Only sources from which anything ever came are there.
    """

    told_at: datetime
    sources: tuple[SourceFreshness, ...]

    @property
    def quiet(self) -> tuple[SourceFreshness, ...]:
        """The sources that are silent longer than usual."""
        return tuple(each for each in self.sources if each.is_quiet)

    @property
    def complete_to(self) -> datetime | None:
        """Up to when nothing is known to be missing, None if nothing ever came.

        The last word of the source that is quiet for longest, or else of all sources.
        """
        if self.quiet:
            return min(each.last_at for each in self.quiet)
        return max((each.last_at for each in self.sources), default=None)


def mark_arrivals(cursor: Cursor[TupleRow], messages: Sequence[Message]) -> None:
    """Mark from which sources new messages come, as part of their transaction."""
    sources = {SOURCE_OF_KIND[message.kind] for message in messages}
    csp_devices = {
        to_bigint(event.device_id)
        for message in messages
        if SOURCE_OF_KIND[message.kind] is Source.CSP
        for event in message.events
    }
    cursor.execute(
        statement("mark_arrivals"),
        {
            "sources": sorted(sources - {Source.CSP}),
            "csp": Source.CSP,
            "csp_devices": list(csp_devices),
            "precision": _PRECISION,
        },
    )


def freshness(now: datetime) -> Freshness:
    """Return how fresh the store is at ``now``, for any viewer: it identifies nobody.

    A handful of rows, whatever the store holds.
    """
    with pool().connection() as connection:
        _fold(connection)
        rows = connection.execute(
            statement("read_freshness"),
            {"now": now, "learnt_from": LEARNT_FROM, "fewest_days": FEWEST_DAYS},
        ).fetchall()
    return Freshness(
        told_at=now, sources=tuple(sorted((_source(row, now) for row in rows), key=_place))
    )


def _fold(connection: Connection[TupleRow]) -> None:
    """Fold the arrivals, unless someone else is at it, and drop what is too old to learn from."""
    with connection.transaction():
        locked = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_FOLDING_LOCK,))
        if locked.fetchone() != (True,):
            return
        folded = connection.execute(
            statement("fold_arrivals"), {"settled": _SETTLED, "limit": _FOLDED_AT_ONCE}
        )
        if folded.rowcount:
            connection.execute(
                "DELETE FROM source_silence"
                " WHERE hour_at < (SELECT max(recorded_at) FROM source_last) - %s::interval",
                (LEARNT_FROM,),
            )


def _source(row: TupleRow, now: datetime) -> SourceFreshness:
    source, region, last_at, usual_seconds = row
    return SourceFreshness(
        source=Source(source),
        csp_region=region or None,
        last_at=last_at,
        silent_seconds=max(0, int((now - last_at).total_seconds())),
        usual_silence_seconds=usual_seconds,
    )


def _place(each: SourceFreshness) -> tuple[int, str]:
    return list(Source).index(each.source), each.csp_region or "~"
