"""Taking messages in: one or ten thousand are read, judged, recorded together, and answered for."""

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cache
from typing import Self
from uuid import UUID

from django.conf import settings

from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64
from firmtrack.intake.envelopes import Envelope, Refused
from firmtrack.intake.reading import Ignored, Reading, ReadingRules, read_envelopes
from firmtrack.measures import MEASURES
from firmtrack.measures.table import MESSAGES, OTHER
from firmtrack.store.ledger.quarantine import Refusal
from firmtrack.store.ledger.recording import Batch, NotRecordable, record
from firmtrack.store.ledger.submission import OPERATOR, Submission

_log = logging.getLogger(__name__)


class OutcomeKind(StrEnum):
    """What became of a message."""

    RECORDED = "recorded"
    DUPLICATE = "duplicate"
    IGNORED = "ignored"
    QUARANTINED = "quarantined"
    REFUSED = "refused"
    """As quarantined, but for want of room nothing was kept of it: sent once more it may be."""

    ACCEPTED = "accepted"
    """It waits in the stream; what becomes of it there is one of the others, later."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one message; ``events`` counts those that are new.

    ``message_id`` is None unless it was recorded, now or before; ``reason_code`` and ``reason`` are
    None unless it was quarantined or refused, ``quarantine_id`` unless it was quarantined.
    """

    outcome: OutcomeKind
    message_id: UUID | None = None
    events: int = 0
    reason_code: str | None = None
    reason: str | None = None
    quarantine_id: int | None = None


_IGNORED = Outcome(outcome=OutcomeKind.IGNORED)


@dataclass(frozen=True, slots=True)
class Submitter:
    """Who hands messages in; ``token`` is the ending of the token by which they do, None without.

    Unless it ``may_submit_all``, as DCC and the operator may, it may hand in DUIS messages between
    DCC and its own User IDs about requests of its own.
    """

    name: str
    user_ids: frozenset[Eui64]
    may_submit_all: bool
    token: str | None = None

    @classmethod
    def operator(cls) -> Self:
        """Return the operator of this installation."""
        return cls(OPERATOR.submitter, frozenset(), may_submit_all=True)

    def may_submit(self, message: Message) -> bool:
        """Return whether the message is this submitter's to hand in."""
        if self.may_submit_all:
            return True
        named = message.named_requests() | message.befallen_requests()
        named |= {
            each.request_id for each in (message.activation, message.verdict) if each is not None
        }
        return message.user_id in self.user_ids and all(
            request_id.originator in self.user_ids for request_id in named
        )


NOT_RECORDABLE = Refused(
    "not_recordable",
    "Firmtrack failed at recording it, which is a fault of Firmtrack. It can be replayed later.",
)
NOT_YOURS = Refused(
    "not_yours", "The message is not between DCC and a User ID of the party that handed it in."
)


@cache
def reading_rules() -> ReadingRules:
    """Return the rules of reading that the settings state; the trust store is read once."""
    environment = settings.ENVIRONMENT
    return ReadingRules.of(environment.dcc_ids, environment.trust_store, environment.earliest_time)


def receive(envelopes: Sequence[Envelope], submitter: Submitter) -> list[Outcome]:
    """Take the messages in, in one transaction, and return their outcomes in the same order.

    When this returns, all that it tells is committed. A bad message never stops a good one.
    """
    readings = read_envelopes(envelopes, reading_rules(), taken_at=datetime.now(UTC))
    return settle(envelopes, readings, submitter)


def settle(
    envelopes: Sequence[Envelope], readings: Sequence[Reading], submitter: Submitter
) -> list[Outcome]:
    """Record what was read from the envelopes and return their outcomes in the same order.

    One transaction; more only if the database cannot hold what a message says: that is kept in
    quarantine, and the others are recorded without it.
    """
    judged = [_judged(reading, submitter) for reading in readings]
    try:
        return _record(envelopes, judged, submitter)
    except NotRecordable:
        if len(judged) == 1:
            _log.exception("a message from %r could not be recorded", envelopes[0].origin)
            return _record(envelopes, [NOT_RECORDABLE], submitter)
        middle = len(judged) // 2
        return [
            *settle(envelopes[:middle], judged[:middle], submitter),
            *settle(envelopes[middle:], judged[middle:], submitter),
        ]


def _record(
    envelopes: Sequence[Envelope], judged: Sequence[Reading], submitter: Submitter
) -> list[Outcome]:
    messages = [reading for reading in judged if isinstance(reading, Message)]
    refusals = [
        _refusal(envelope, reading, submitter)
        for envelope, reading in zip(envelopes, judged, strict=True)
        if isinstance(reading, Refused)
    ]
    ignored = Counter(reading.kind for reading in judged if isinstance(reading, Ignored))
    receipt = record(
        Batch(
            messages=messages,
            submission=Submission(submitter.name, submitter.token),
            refusals=refusals,
            ignored=ignored,
            most_quarantined_bytes=_quota_of(submitter),
        )
    )
    received = zip(receipt.is_new, receipt.is_gone, strict=True)
    quarantine_ids = iter(receipt.quarantine_ids)
    outcomes = []
    for reading in judged:
        if isinstance(reading, Message):
            is_new, is_gone = next(received)
            outcomes.append(_IGNORED if is_gone else _recorded(reading, is_new=is_new))
        elif isinstance(reading, Refused):
            outcomes.append(_quarantined(reading, next(quarantine_ids)))
        else:
            outcomes.append(_IGNORED)
    _count(judged, outcomes)
    return outcomes


def _count(judged: Sequence[Reading], outcomes: Sequence[Outcome]) -> None:
    counts = Counter(
        (outcome.outcome, reading.kind if isinstance(reading, Message) else OTHER)
        for reading, outcome in zip(judged, outcomes, strict=True)
    )
    for (outcome, kind), count in counts.items():
        MEASURES.count(MESSAGES, outcome, kind, by=count)


def _quota_of(submitter: Submitter) -> Mapping[str, int]:
    """Return how much of the submitter may wait in quarantine; the operator looks after its own."""
    if submitter == Submitter.operator():
        return {}
    return {submitter.name: settings.ENVIRONMENT.quarantine_bytes}


def _judged(reading: Reading, submitter: Submitter) -> Reading:
    if isinstance(reading, Message) and not submitter.may_submit(reading):
        return NOT_YOURS
    return reading


def _refusal(envelope: Envelope, refused: Refused, submitter: Submitter) -> Refusal:
    return Refusal(
        body=envelope.body,
        media_type=envelope.media_type,
        received_at=envelope.received_at,
        origin=envelope.origin,
        submitter=submitter.name,
        reason_code=refused.code,
        reason=refused.reason,
        is_whole=envelope.refused is None,
    )


def _recorded(message: Message, *, is_new: bool) -> Outcome:
    return Outcome(
        outcome=OutcomeKind.RECORDED if is_new else OutcomeKind.DUPLICATE,
        message_id=message.message_id,
        events=message.event_count if is_new else 0,
    )


def _quarantined(refused: Refused, quarantine_id: int | None) -> Outcome:
    is_kept = quarantine_id is not None
    return Outcome(
        outcome=OutcomeKind.QUARANTINED if is_kept else OutcomeKind.REFUSED,
        reason_code=refused.code,
        reason=refused.reason,
        quarantine_id=quarantine_id,
    )
