"""From octets to facts, or to why not: a pure step, so that any process may take it."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.duis.reader import NotAboutFirmware, read
from firmtrack.duis.rejections import DuisRejected
from firmtrack.duis.trust import TrustStore
from firmtrack.intake.envelopes import JSON_MEDIA_TYPES, READING_FAILED, Envelope, Refused
from firmtrack.intake.stage_reports import MalformedStageReport, read_stage_report

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Ignored:
    """A well-formed message that is not about firmware."""

    kind: str


Reading: TypeAlias = Message | Ignored | Refused

CLOCK_TOLERANCE = timedelta(minutes=5)
"""How far ahead of ours a carrier's clock may be: more than any that is kept right is off."""


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What reading depends on besides the octets; ``trust`` set means signatures are required.

    ``earliest_at`` is before all that DCC ever did.
    """

    dcc_ids: frozenset[Eui64]
    earliest_at: datetime
    trust: TrustStore | None = None

    @classmethod
    def of(
        cls, dcc_ids: Sequence[str], trust_store: Path | None, earliest_at: datetime
    ) -> "ReadingRules":
        """Return the rules that the settings state. Raises TrustStore's errors."""
        return cls(
            dcc_ids=frozenset(map(Eui64.parse, dcc_ids)),
            earliest_at=earliest_at,
            trust=None if trust_store is None else TrustStore.load(trust_store),
        )

    def believes(self, at: datetime, *, taken_at: datetime) -> bool:
        """Return whether a time that no DUIS response states can be true of what came then."""
        return self.earliest_at <= at <= taken_at + CLOCK_TOLERANCE


def read_envelope(envelope: Envelope, rules: ReadingRules, *, taken_at: datetime) -> Reading:
    """Return the facts that an envelope holds, or why there are none. Never raises for input.

    ``taken_at`` is when it came to Firmtrack. A request whose carrier's time cannot be true has
    none; a stage report, which would say nothing without its time, is refused.
    """
    if envelope.refused is not None:
        return envelope.refused
    try:
        if envelope.media_type in JSON_MEDIA_TYPES:
            report = read_stage_report(envelope.body)
            return report if _is_timely(report, rules, taken_at) else _IMPLAUSIBLE_TIME
        received_at = envelope.received_at
        found = read(
            envelope.body,
            trust=rules.trust,
            dcc_ids=rules.dcc_ids,
            received_at=received_at
            if received_at is not None and rules.believes(received_at, taken_at=taken_at)
            else None,
        )
    except (DuisRejected, MalformedStageReport) as error:
        return Refused(error.code, str(error))
    return Ignored(found.kind) if isinstance(found, NotAboutFirmware) else found


def read_envelopes(
    envelopes: Sequence[Envelope], rules: ReadingRules, *, taken_at: datetime
) -> list[Reading]:
    """Return the readings of the envelopes, in their order.

    What makes the reader itself fail is told in the log, and takes none of the others along.
    """
    return [_read_or_refuse(envelope, rules, taken_at) for envelope in envelopes]


def _read_or_refuse(envelope: Envelope, rules: ReadingRules, taken_at: datetime) -> Reading:
    try:
        return read_envelope(envelope, rules, taken_at=taken_at)
    except Exception:  # noqa: BLE001  # whatever it is, it is told in the log
        _log.exception("the reader failed at a message from %r", envelope.origin)
        return READING_FAILED


_IMPLAUSIBLE_TIME = Refused(
    "implausible_time", "occurred_at is before anything happened at DCC, or still to come."
)


def _is_timely(report: Message, rules: ReadingRules, taken_at: datetime) -> bool:
    assert report.occurred_at is not None, "a stage report has a time"
    return rules.believes(report.occurred_at, taken_at=taken_at)
