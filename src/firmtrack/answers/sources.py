"""Where a fact comes from, as far as a viewer may know."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from firmtrack.domain.facts import MessageKind
from firmtrack.domain.identifiers import ResponseId

ResponseIds: TypeAlias = Mapping[UUID, ResponseId]
"""DCC's Response ID of each message that has one, by the message's ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FactSource:
    """When a fact was learnt, and from what: without ``message_id`` an operator imported it.

    ``learnt_at`` is DCC's time, None if the statement had none. ``kind`` is None also of a message
    that is not kept any more. Of what came in a message that is not the viewer's to see
    (``is_anothers``), nothing is shown but the beginning of the day in UTC.
    """

    learnt_at: datetime | None
    kind: MessageKind | None = None
    code: str | None = None
    message_id: UUID | None = None
    is_anothers: bool = False
