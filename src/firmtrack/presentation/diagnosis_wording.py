"""The words for what a diagnosis says by a code: the pace, who acts next, whether to send again."""

from collections.abc import Mapping, Sequence

from firmtrack.domain.pace import FEWEST_AT_HUB, Pace
from firmtrack.domain.remedy import Actor, Again
from firmtrack.domain.stages import Stage, status_at
from firmtrack.domain.voice import Voice
from firmtrack.presentation.wording import STATUS_NAMES

PACE_NAMES: Mapping[Pace, str] = {
    Pace.USUAL: "No slower than others",
    Pace.SLOW: "Slower than usual",
    Pace.STALLED: "Stalled",
}

PACE_TEXTS: Mapping[Pace, str] = {
    Pace.USUAL: (
        "It has waited no longer than 95% of the updates that passed this stage, or no longer than "
        "others of its own request do, which then may be slower as a whole."
    ),
    Pace.SLOW: (
        "It has waited longer than 95% of the updates that passed this stage, and longer than "
        "nearly all of its own request in its region. A few in a hundred do, though nothing is "
        "wrong."
    ),
    Pace.STALLED: (
        "It has waited longer than the past allows: of those that waited this long, fewer than 1 "
        "in 20 still arrived, or none did; and the rest of its request in its region does not "
        "move either, or has left it behind. Or nothing of its request that waits in its region, "
        f"or of {FEWEST_AT_HUB} or more behind its Communications Hub, has moved for longer than "
        "the past allows; hours at which updates never move do not count. That is a flag and ends "
        "nothing: late word of success clears it, and so does the success of a later request."
    ),
}


def slower_request_text(stage: Stage, pace: float) -> str:
    """Return the sentence that a request as a whole passes a stage more slowly than others."""
    name = STATUS_NAMES[status_at(stage, is_bad=False)]
    part = next((text for least, text in _PARTS if pace >= least), _SLOWEST)
    return (
        f"The updates of this request that are at “{name}” go on at {part} of the pace of those of "
        "other requests. That is the request’s own pace, and no flag on each of its devices."
    )


_PARTS: Sequence[tuple[float, str]] = (
    (0.42, "about half"),
    (0.29, "about a third"),
    (0.225, "about a quarter"),
    (0.15, "about a fifth"),
    (0.09, "about a tenth"),
)
_SLOWEST = "less than a tenth"

ACTOR_NAMES: Mapping[Actor, str] = {
    Actor.SUPPLIER: "The supplier",
    Actor.DCC: "DCC",
    Actor.CSP: "The Communications Service Provider",
    Actor.MANUFACTURER: "The manufacturer",
    Actor.NOBODY: "Nobody needs to act",
}

_DESK_ACTOR_NAMES: Mapping[Actor, str] = {
    **ACTOR_NAMES,
    Actor.DCC: "The Data Service Provider (DSP)",
    Actor.MANUFACTURER: "The manufacturer, whom the supplier asks",
}


def actor_name(actor: Actor, voice: Voice) -> str:
    """Return who acts next, as it is said to whoever reads it."""
    return (_DESK_ACTOR_NAMES if voice is Voice.DESK else ACTOR_NAMES)[actor]


AGAIN_NAMES: Mapping[Again, str] = {
    Again.WAIT: "Not while an update is open",
    Again.REMEDY_FIRST: "Not before the cause is found and removed",
    Again.SEND: "Yes",
}
