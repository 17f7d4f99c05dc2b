"""Taking messages in by way of the stream: checked here, recorded later by a worker.

Checked is what tells a message that can be taken: its form, its size, and whose it is to hand in.
Its signature the worker checks, so that this costs its time once. What fails is kept in quarantine
at once, as without a stream.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from firmtrack.domain.facts import Message
from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import Envelope, Refused
from firmtrack.intake.reading import Reading, read_envelopes
from firmtrack.intake.receive import Outcome, OutcomeKind, Submitter, reading_rules, settle
from firmtrack.stream.connection import Access
from firmtrack.stream.publishing import HandedIn, StreamFull, hand_over

_NOT_TAKEN = "The message stream did not take it, and nothing was kept of it: send it again."


def accept(envelopes: Sequence[Envelope], submitter: Submitter) -> list[Outcome]:
    """Return the outcomes in the same order: accepted, once the stream has it, or why not.

    Of what the stream does not take, when it took others, the outcome is refused. Raises StreamAway
    or StreamFull if it took none of those that can be taken; then nothing is kept of any.
    """
    rules = replace(reading_rules(), trust=None)
    readings = read_envelopes(envelopes, rules, taken_at=datetime.now(UTC))
    ids = [
        None if _cannot_be_taken(reading, submitter) else _id_of(envelope, reading)
        for envelope, reading in zip(envelopes, readings, strict=True)
    ]
    good = [
        HandedIn(
            envelope=envelope,
            message_id=message_id,
            submitter=submitter.name,
            token=submitter.token,
        )
        for envelope, message_id in zip(envelopes, ids, strict=True)
        if message_id is not None
    ]
    handed_over = iter(hand_over(Access.of(settings.ENVIRONMENT), good) if good else ())
    bad = [place for place, message_id in enumerate(ids) if message_id is None]
    settled = iter(
        settle([envelopes[place] for place in bad], [readings[place] for place in bad], submitter)
        if bad
        else ()
    )
    return [
        next(settled) if message_id is None else _outcome(message_id, next(handed_over))
        for message_id in ids
    ]


def _cannot_be_taken(reading: Reading, submitter: Submitter) -> bool:
    if isinstance(reading, Message):
        return not submitter.may_submit(reading)
    return isinstance(reading, Refused)


def _id_of(envelope: Envelope, reading: Reading) -> UUID:
    """Return by which ID its outcome is told; what will be ignored has one of its octets."""
    if isinstance(reading, Message):
        return reading.message_id
    return UUID(bytes=sha256(envelope.body).digest()[:16])


def _outcome(message_id: UUID, problem: FirmtrackError | None) -> Outcome:
    if problem is None:
        return Outcome(outcome=OutcomeKind.ACCEPTED, message_id=message_id)
    code = "stream_full" if isinstance(problem, StreamFull) else "stream_away"
    return Outcome(outcome=OutcomeKind.REFUSED, reason_code=code, reason=_NOT_TAKEN)
