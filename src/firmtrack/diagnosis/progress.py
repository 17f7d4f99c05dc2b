"""An update in progress: where it is, who must do what next, and whether that is late."""

from collections.abc import Mapping, Sequence

from firmtrack.answers.diagnoses import Finding
from firmtrack.diagnosis.news import News, news_of
from firmtrack.diagnosis.pace import LONG_SECONDS, comparison, pace_of
from firmtrack.diagnosis.phrases import joined, since_text, superseded, surroundings, the_party
from firmtrack.diagnosis.situation import Situation
from firmtrack.diagnosis.statuses import (
    ASK_HOLDER,
    SILENT_STAGES,
    STANDING,
    TASK_OF_UNKNOWN_VARIANT,
    TASKS,
)
from firmtrack.domain.activation import Activation
from firmtrack.domain.pace import Pace
from firmtrack.domain.remedy import Actor
from firmtrack.domain.stages import ActivationStatus, Party, Stage, StageRow, Status
from firmtrack.domain.voice import Spoken
from firmtrack.presentation.times import duration_text, near_text
from firmtrack.presentation.wording import STATUS_NAMES

# Who answers for a party that holds an update. A device has only its supplier, who need not act
# while it may still speak for itself.
ACTORS: Mapping[Party, Actor] = {
    Party.DSP: Actor.DCC,
    Party.CSP: Actor.CSP,
    Party.COMMS_HUB: Actor.CSP,
    Party.DEVICE: Actor.NOBODY,
}

# After the task; stalled has two sentences of its own instead.
_WAITING: Mapping[Pace | None, Spoken] = {
    Pace.USUAL: Spoken("nothing for you to do yet.", "nothing to do yet."),
    Pace.SLOW: Spoken(
        "it may still do so. Nothing for you to do yet but to look again later.",
        "it may still do so. Nothing to do yet but to look again later.",
    ),
    None: Spoken(
        "nothing for you to do unless it takes too long for you.",
        "nothing to do unless it takes too long for the supplier.",
    ),
}
# A request carries no time of its own, so how long DCC takes to answer often cannot be learnt.
_AT_ONCE = "DCC answers a request at once."
_IF_NOTHING_COMES = Spoken(
    "If nothing comes, ask DCC’s Service Centre, and quote the Service Request ID.",
    "If nothing comes, ask the DSP, and quote the Service Request ID.",
)
_LONG = Spoken(
    "It has waited for {days}, and nothing says whether that is usual: if you need to know, ask "
    "DCC’s Service Centre, and quote the Service Request ID and the Device ID.",
    "It has waited for {days}, and nothing says whether that is usual: if the supplier needs to "
    "know, ask whoever holds it, and quote the Service Request ID and the Device ID.",
)
_STEPS_MISSING = Spoken(
    "Word of the steps between is missing; nothing for you to do.",
    "Word of the steps between is missing; nothing to do.",
)


def finding_in_progress(situation: Situation, next_stage: StageRow) -> Finding:
    """Return the finding on a distribution that must pass ``next_stage`` next."""
    status = situation.distribution.status
    outdone = superseded(situation)
    if outdone is not None:
        last = f"The last word of this update is “{STATUS_NAMES[status]}”, of"
        return Finding(
            f"{last} {since_text(situation)}. A later request has overtaken it.",
            Actor.NOBODY,
            outdone,
        )
    standing = STANDING[status].format(since=since_text(situation))
    news = news_of(situation)
    activated = _activated_all_the_same(situation)
    if news and (activated is None or news[0].at >= activated.updated_at):
        return _led_by(news, situation, standing)
    if activated is not None:
        return Finding(
            joined(standing, _activated_text(activated, situation)),
            Actor.NOBODY,
            joined(
                _STEPS_MISSING.to(situation.voice),
                surroundings(situation),
            ),
        )
    pace = pace_of(situation)
    is_unmeasured = status is Status.RECEIVED and pace is None
    return Finding(
        joined(standing, _AT_ONCE if is_unmeasured else comparison(situation)),
        actor_of(next_stage.holder, pace),
        joined(_advice(situation, next_stage, pace), surroundings(situation)),
    )


def actor_of(holder: Party, pace: Pace | None) -> Actor:
    """Return who acts next while ``holder`` has the update."""
    if holder is Party.DEVICE and pace is Pace.STALLED:
        return Actor.SUPPLIER
    return ACTORS[holder]


def _advice(situation: Situation, next_stage: StageRow, pace: Pace | None) -> str:
    party, voice = the_party(next_stage.holder), situation.voice
    is_at_device = next_stage.holder is Party.DEVICE
    task = TASKS[next_stage.stage]
    if is_at_device and situation.distribution.variant is None:
        task = TASK_OF_UNKNOWN_VARIANT
    must = f"{party[0].upper()}{party[1:]} {task}"
    silent = SILENT_STAGES.get(next_stage.stage)
    if next_stage.stage is Stage.VALIDATED and pace is None:
        return f"{must}. {_IF_NOTHING_COMES.to(voice)}"
    if pace is None and situation.waited_seconds > LONG_SECONDS:
        return joined(
            f"{must}.",
            silent,
            _LONG.to(voice).format(days=duration_text(situation.waited_seconds)),
        )
    if pace is not Pace.STALLED:
        return joined(f"{must}; {_WAITING[pace].to(voice)}", silent)
    return joined(f"{must}.", silent, ASK_HOLDER[next_stage.holder].to(voice))


def _led_by(news: Sequence[News], situation: Situation, standing: str) -> Finding:
    """Return the finding on an update of which something newer than its last step was reported."""
    lead = news[0]
    others = [each.what for each in news[1:]]
    usual = None if lead.ends else comparison(situation)
    return Finding(
        joined(lead.what, lead.consequence, *others, standing, usual),
        lead.actor,
        joined(lead.advice, surroundings(situation)),
    )


def _activated_all_the_same(situation: Situation) -> Activation | None:
    done = (a for a in situation.activations if a.status is ActivationStatus.ACTIVATED)
    return next(done, None)


def _activated_text(activation: Activation, situation: Situation) -> str:
    when = near_text(activation.updated_at, situation.now)
    return f"Yet the device said on {when} that it activated this image."
