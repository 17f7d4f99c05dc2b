"""Taking a quarantined message in after all, as it is or as the operator has fixed it."""

from datetime import UTC, datetime

from msgspec.structs import replace

from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import JSON_MEDIA_TYPES, Envelope, Refused, envelope_of_line
from firmtrack.intake.files import media_type_of
from firmtrack.intake.reading import read_envelopes
from firmtrack.intake.receive import (
    NOT_YOURS,
    Outcome,
    OutcomeKind,
    Submitter,
    reading_rules,
    settle,
)
from firmtrack.store.ledger.quarantine import (
    QuarantineEntry,
    find_quarantined,
    list_quarantine,
    mark_replayed,
)


class CannotReplay(FirmtrackError):
    """A quarantine entry cannot be replayed."""

    def __init__(self, quarantine_id: int, problem: str) -> None:
        self.quarantine_id = quarantine_id
        super().__init__(f"Quarantine entry {quarantine_id} {problem}")


def replayable() -> list[int]:
    """Return the entries that wait and may be replayed together, oldest first.

    A message that was not its submitter's to hand in is not among them: a replay has the operator's
    authority, so taking such a message is a decision of its own.
    """
    return [
        entry.quarantine_id
        for entry in list_quarantine()
        if entry.is_whole and entry.reason_code != NOT_YOURS.code
    ]


def replay(quarantine_id: int, fixed_body: bytes | None = None) -> Outcome:
    """Take the entry in on the operator's authority and return its outcome.

    If it still cannot be read, it stays as it is, and the outcome says why. Raises CannotReplay.
    """
    found = find_quarantined(quarantine_id)
    if found is None:
        raise CannotReplay(quarantine_id, "does not exist.")
    entry, body = found
    if fixed_body is None and not entry.is_whole:
        raise CannotReplay(quarantine_id, "was not kept whole: ingest its source again.")
    envelope = _envelope(entry, body if fixed_body is None else fixed_body)
    (reading,) = read_envelopes([envelope], reading_rules(), taken_at=datetime.now(UTC))
    if isinstance(reading, Refused):
        return Outcome(
            outcome=OutcomeKind.QUARANTINED,
            reason_code=reading.code,
            reason=reading.reason,
            quarantine_id=quarantine_id,
        )
    (outcome,) = settle([envelope], [reading], Submitter.operator())
    mark_replayed(quarantine_id, outcome.outcome)
    return outcome


def _envelope(entry: QuarantineEntry, body: bytes) -> Envelope:
    origin = f"replay of quarantine entry {entry.quarantine_id}: {entry.origin}"
    media_type = media_type_of(body)
    if media_type not in JSON_MEDIA_TYPES:
        return Envelope(
            body=body, media_type=media_type, received_at=entry.received_at, origin=origin
        )
    # It may have come as a line, whose time was its fault.
    envelope = envelope_of_line(body, origin)
    return replace(envelope, received_at=envelope.received_at or entry.received_at)
