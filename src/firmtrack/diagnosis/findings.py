"""What a diagnosis says."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from firmtrack.domain.pace import Pace
from firmtrack.domain.remedy import Actor, Again
from firmtrack.domain.stages import Party
from firmtrack.store.side_parts import Untold


class Verdict(NamedTuple):
    """The heart of a diagnosis: what is, who acts next, and what the User should do."""

    sentence: str
    next_actor: Actor
    advice: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact that a diagnosis rests on, as a sentence; and the message that tells it, if one."""

    text: str
    message_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class UsualSeconds:
    """How long the present step usually takes: half of all, and 95 %, are no slower."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ResendAdvice:
    """Whether it is safe to send the update again; each text is whole sentences.

    ``open_request`` says whether an accepted request is still open for the device, ``expected``
    what DCC would probably answer, ``version_path`` what is known of the way to the version.
    """

    again: Again
    open_request: str
    expected: str
    version_path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnosis:
    """Where an update is, whether that is usual, who acts next, and what the User should do.

    ``sentence`` and ``advice`` are each one to a few whole sentences. ``holder`` is who must do
    the next stage; None, as ``pace`` and ``usual_seconds``, once the distribution has ended;
    ``usual_seconds`` is UNTOLD if it could not be asked for.
    ``since`` is when the present step began. ``resend`` is None if this distribution, or one of a
    later request, is Successful.
    """

    sentence: str
    holder: Party | None
    since: datetime
    usual_seconds: UsualSeconds | Untold | None
    pace: Pace | None
    next_actor: Actor
    advice: str
    evidence: tuple[Evidence, ...]
    resend: ResendAdvice | None
