"""The diagnosis of a distribution: what it says, and what that rests on."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from firmtrack.answers.side_parts import Untold
from firmtrack.domain.pace import Pace
from firmtrack.domain.remedy import Actor, Again
from firmtrack.domain.stages import Party


class Finding(NamedTuple):
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
    """How long the present step usually takes: of all that reach it half, and 95%, are quicker."""

    p50: float
    p95: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Waits:
    """What stays at this stage tell, never its own request's alone; ``text`` is it as a sentence.

    ``reached_at_least`` is a power of ten, shares are whole per cents of 1. The percentiles are of
    all that reached the stage, None where so few passed, or were seen, that they are not known.
    ``arrives_still_share`` is of those that had waited as long as this one, None if too few had.
    ``group`` are the facts of the device that those had in common with it.
    """

    reached_at_least: int
    passed_share: float
    p50_seconds: float | None
    p95_seconds: float | None
    arrives_still_share: float | None
    group: tuple[str, ...]
    text: str


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
    the next stage; None, as ``pace``, ``usual_seconds`` and ``waits``, once the distribution has
    ended; ``waits`` is UNTOLD if what is usual could not be asked for.
    ``since`` is when the present step began. ``resend`` is None if this distribution, or one of a
    later request, is Successful.
    """

    sentence: str
    holder: Party | None
    since: datetime
    usual_seconds: UsualSeconds | None
    waits: Waits | Untold | None
    pace: Pace | None
    next_actor: Actor
    next_actor_name: str
    advice: str
    evidence: tuple[Evidence, ...]
    resend: ResendAdvice | None
