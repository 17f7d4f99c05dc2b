"""The message that reports a fact, as a row of the fact tells it: the part that all have alike."""

from uuid import UUID

from msgspec import Struct

from firmtrack.domain.identifiers import ResponseId
from firmtrack.store.numbers import response_id_of


class Told(Struct, kw_only=True):
    """Which message reports a fact, its User, and the other parts of DCC's Response ID of it."""

    message_id: UUID
    user_id: int | None
    responder: int | None = None
    response_counter: int | None = None

    @property
    def response_id(self) -> ResponseId | None:
        """DCC's Response ID of the message, None if it has none."""
        if self.user_id is None or self.responder is None or self.response_counter is None:
            return None
        return response_id_of(self.responder, self.user_id, self.response_counter)
