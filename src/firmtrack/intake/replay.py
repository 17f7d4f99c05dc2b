"""Taking a quarantined message in after all, as it is or as the operator has fixed it."""

from firmtrack.errors import FirmtrackError
from firmtrack.intake.envelopes import Envelope
from firmtrack.intake.receive import Outcome, OutcomeKind, Submitter, receive
from firmtrack.store.quarantine import find_quarantined, mark_replayed


class CannotReplay(FirmtrackError):
    """A quarantine entry cannot be replayed."""

    def __init__(self, quarantine_id: int, problem: str) -> None:
        self.quarantine_id = quarantine_id
        super().__init__(f"Quarantine entry {quarantine_id} {problem}")


def replay(quarantine_id: int, fixed_body: bytes | None = None) -> Outcome:
    """Take the entry in on the operator's authority and return its outcome.

    Still quarantined if it still cannot be read. Raises CannotReplay.
    """
    found = find_quarantined(quarantine_id)
    if found is None:
        raise CannotReplay(quarantine_id, "does not exist.")
    entry, body = found
    if fixed_body is None and not entry.is_whole:
        raise CannotReplay(quarantine_id, "was not kept whole: ingest its source again.")
    envelope = Envelope(
        body=body if fixed_body is None else fixed_body,
        media_type=entry.media_type,
        received_at=entry.received_at,
        origin=f"replay of quarantine entry {quarantine_id}: {entry.origin}",
    )
    (outcome,) = receive([envelope], Submitter.operator())
    if outcome.outcome is not OutcomeKind.QUARANTINED:
        mark_replayed(quarantine_id, outcome.outcome)
    return outcome
