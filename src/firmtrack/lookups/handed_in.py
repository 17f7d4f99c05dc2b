"""The look-up of what became of a message, for the party that handed it in."""

from uuid import UUID

from firmtrack.answers.handed_in import HandedInAnswer
from firmtrack.domain.viewer import Viewer
from firmtrack.intake.receive import OutcomeKind
from firmtrack.store.audit import record_lookup
from firmtrack.stream import outcomes
from firmtrack.stream.receipts import is_receipt


def find_handed_in(viewer: Viewer, message_id: UUID, receipt: str | None) -> HandedInAnswer | None:
    """Return what became of the message, None if the viewer's party did not hand it in.

    With its receipt one that is not settled yet is told to wait; and so is one of which nothing is
    known any more, while the receipt is good. Without it nothing tells who handed that in.
    """
    answer = _found(viewer.party, message_id, receipt)
    record_lookup(viewer, "message_status", str(message_id), 0 if answer is None else 1)
    return answer


def _found(party: str | None, message_id: UUID, receipt: str | None) -> HandedInAnswer | None:
    if party is None:
        return None
    found = outcomes.find(message_id, party)
    if found is not None:
        return HandedInAnswer(
            message_id=message_id,
            outcome=found.outcome,
            kind=found.kind,
            reason_code=found.reason_code,
            reason=found.reason,
            quarantine_id=found.quarantine_id,
        )
    if receipt is not None and is_receipt(receipt, message_id, party):
        return HandedInAnswer(message_id=message_id, outcome=OutcomeKind.ACCEPTED)
    return None
