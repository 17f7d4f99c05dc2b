"""The words for what a diagnosis says by a code: the pace, who acts next, whether to send again."""

from collections.abc import Mapping

from firmtrack.domain.pace import STALLED_MULTIPLE, Pace
from firmtrack.domain.remedy import Actor, Again

PACE_NAMES: Mapping[Pace, str] = {
    Pace.USUAL: "As quick as usual",
    Pace.SLOW: "Slower than usual",
    Pace.STALLED: "Stalled",
}

PACE_TEXTS: Mapping[Pace, str] = {
    Pace.USUAL: "It has waited no longer than 95 % of the updates that passed this stage.",
    Pace.SLOW: (
        "It has waited longer than 95 % of the updates that passed this stage. One update in "
        "twenty does, though nothing is wrong."
    ),
    Pace.STALLED: (
        f"It has waited more than {STALLED_MULTIPLE} times as long. That is a flag and ends "
        "nothing: late word of success clears it, and so does the success of a later request."
    ),
}

ACTOR_NAMES: Mapping[Actor, str] = {
    Actor.SUPPLIER: "The supplier",
    Actor.DCC: "DCC",
    Actor.CSP: "The Communications Service Provider",
    Actor.MANUFACTURER: "The manufacturer",
    Actor.NOBODY: "Nobody needs to act",
}

AGAIN_NAMES: Mapping[Again, str] = {
    Again.WAIT: "Not while an update is open",
    Again.REMEDY_FIRST: "Not before the cause is found and removed",
    Again.SEND: "Yes",
}
