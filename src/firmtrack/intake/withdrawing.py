"""Messages taken back, or counted again, by the operator.

Each is read again, so that all that it concerns is derived anew.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from firmtrack.domain.facts import Message
from firmtrack.errors import FirmtrackError
from firmtrack.intake.kept import kept_rules, read_kept
from firmtrack.store.database import reading_pool
from firmtrack.store.ledger import withdrawals
from firmtrack.store.reading.messages import KeptMessage, kept_messages, list_messages

_MESSAGES_AT_ONCE = 500

UNKNOWN = "No message of this ID is recorded."
NOT_KEPT = "What it said is not kept any more, so what it concerns is not known."
NOT_READABLE = "It cannot be read any more, so what it concerns is not known."


class NotReadable(FirmtrackError):
    """Another message about the same request cannot be read any more: nothing was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of some messages.

    ``moved`` are those that count no more, or again; ``unchanged`` those that were so before;
    ``refused`` says of each other why.
    """

    moved: Sequence[UUID]
    unchanged: Sequence[UUID]
    refused: Sequence[tuple[UUID, str]]


def withdraw(message_ids: Sequence[UUID], because: str) -> Moved:
    """Let the messages count no more, in portions, each one transaction. Raises NotReadable.

    If this ends half-way, doing it again completes the rest.
    """
    return _move(message_ids, because, withdrawals.withdraw)


def restore(message_ids: Sequence[UUID], because: str) -> Moved:
    """Let withdrawn messages count again, as ``withdraw`` does."""
    return _move(message_ids, because, withdrawals.restore)


_How = Callable[[Sequence[Message], str, withdrawals.Read], frozenset[UUID]]


def _move(message_ids: Sequence[UUID], because: str, how: _How) -> Moved:
    moved: list[UUID] = []
    unchanged: list[UUID] = []
    refused: list[tuple[UUID, str]] = []
    for portion in _portions(message_ids):
        with reading_pool().connection() as connection:
            kept = {each.message_id: each for each in kept_messages(connection, portion)}
        missing = [message_id for message_id in portion if message_id not in kept]
        recorded = {each.message_id for each in list_messages(message_ids=missing)}
        messages = []
        for message_id in portion:
            found = kept.get(message_id)
            message = None if found is None else read_kept(found, kept_rules())
            if found is None:
                refused.append((message_id, NOT_KEPT if message_id in recorded else UNKNOWN))
            elif message is None:
                refused.append((message_id, NOT_READABLE))
            else:
                messages.append(message)
        done = how(messages, because, _read)
        moved += [each.message_id for each in messages if each.message_id in done]
        unchanged += [each.message_id for each in messages if each.message_id not in done]
    return Moved(moved=moved, unchanged=unchanged, refused=refused)


def _portions(message_ids: Sequence[UUID]) -> Iterator[Sequence[UUID]]:
    for first in range(0, len(message_ids), _MESSAGES_AT_ONCE):
        yield message_ids[first : first + _MESSAGES_AT_ONCE]


def _read(kept: KeptMessage) -> Message:
    message = read_kept(kept, kept_rules())
    if message is None:
        raise NotReadable
    return message
