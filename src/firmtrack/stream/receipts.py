"""What whoever hands a message in is given, so that they can be told that it still waits.

Until a worker has taken it, a message is in the stream alone, where nobody can look it up. The
receipt says that it was accepted, of whom and when, and that it was Firmtrack that said so.
"""

import hmac
from datetime import UTC, datetime
from uuid import UUID

from django.utils.crypto import salted_hmac

from firmtrack.stream.outcomes import KEPT_FOR

_SALT = "firmtrack.stream.receipts"
_CHARACTERS = 32


def receipt_of(message_id: UUID, submitter: str, accepted_at: datetime) -> str:
    """Return the receipt of a message that this party handed in."""
    seconds = int(accepted_at.timestamp())
    return f"{seconds}-{_proof(message_id, submitter, seconds)}"


def is_receipt(text: str, message_id: UUID, submitter: str) -> bool:
    """Return whether it is the receipt of this message and this party, and not yet too old."""
    written, _, proof = text.partition("-")
    if not written.isascii() or not written.isdigit() or not proof.isascii():
        return False
    seconds = int(written[:_CHARACTERS])
    if not hmac.compare_digest(proof, _proof(message_id, submitter, seconds)):
        return False
    return datetime.now(UTC).timestamp() - seconds <= KEPT_FOR.total_seconds()


def _proof(message_id: UUID, submitter: str, seconds: int) -> str:
    said = f"{message_id} {seconds} {submitter}"
    return salted_hmac(_SALT, said, algorithm="sha256").hexdigest()[:_CHARACTERS]
