"""An update that the device has: whether it runs it, and what is left to do."""

from collections.abc import Mapping

from firmtrack.answers.diagnoses import Finding
from firmtrack.diagnosis.activation_failure import (
    HELD,
    MAY_HAVE_WORKED,
    finding_on_failed_activation,
    to_read_version,
)
from firmtrack.diagnosis.news import news_of
from firmtrack.diagnosis.phrases import (
    joined,
    since_text,
    superseded,
    supplier_change,
    surroundings,
    suspension,
    when_text,
)
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.activation import Activation
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.domain.remedy import Actor
from firmtrack.domain.stages import ActivationStatus, ActivationStep, Stage
from firmtrack.domain.voice import Spoken
from firmtrack.presentation.times import near_text

_ACTIVATE = Spoken(
    "Send Activate Firmware (11.3) when the device should run it.",
    "Nothing to do: the supplier sends Activate Firmware (11.3) when the device should run it.",
)
_ACTIVATE_IF_YOURS = Spoken(
    "If the device is still yours: send Activate Firmware (11.3) when the device should run it.",
    "If the device is still this supplier’s, it sends Activate Firmware (11.3) when the device "
    "should run it.",
)
_NOTHING = Spoken("Nothing for you to do.", "Nothing to do.")
_NOTHING_YET = Spoken("Nothing for you to do yet.", "Nothing to do yet.")
_RUNS_IT = (FlagKind.VERSION_WITHOUT_ACTIVATION, FlagKind.REQUEST_FOR_RUNNING_VERSION)

_DOUBTS: Mapping[FlagKind, str] = {
    FlagKind.ACTIVATED_BUT_OLD_VERSION: "Yet later word has the device on version {version}.",
    FlagKind.ACTIVATED_WITH_OTHER_VERSION: (
        "Yet it answered with version {version}, and that is what it ran then."
    ),
}


def finding_on_success(situation: Situation) -> Finding:
    """Return the finding on a distribution that is Successful."""
    return _with_news(situation, _finding_on_success(situation))


def _with_news(situation: Situation, finding: Finding) -> Finding:
    """Return the finding with the news since; of a device that runs the image, only alarms."""
    activation = current_activation(situation)
    is_activated = activation is not None and activation.status is ActivationStatus.ACTIVATED
    is_running = is_activated or _runs_it(situation)
    is_running = is_running or _has_activated(situation)
    since = situation.since
    if activation is not None and _was_answered(activation):
        since = activation.updated_at
    for each in news_of(situation):
        if each.at >= since and (each.is_alarm or not is_running):
            return Finding(joined(finding.sentence, each.what), each.actor, each.advice)
    return finding


def _has_activated(situation: Situation) -> bool:
    """Whether the distribution, which is Successful, itself says that the device runs the image."""
    return situation.distribution.status.stage >= Stage.ACTIVATED_BY_DEVICE


def _was_answered(activation: Activation) -> bool:
    """Whether more than the request itself is known of an activation."""
    is_asked = activation.status is ActivationStatus.REQUESTED
    is_known = any(each.event.step > ActivationStep.REQUESTED for each in activation.events)
    return is_known or not is_asked


def _finding_on_success(situation: Situation) -> Finding:
    if _has_activated(situation):
        return _activated_by_itself(situation)
    found = current_activation(situation)
    if found is None:
        held = f"The device has held the verified image since {since_text(situation)}."
        finding = _not_activated(situation)
        return finding._replace(sentence=joined(held, finding.sentence))
    verified = f"The device verified the image on {when_text(situation)}."
    finding = _activation(situation, found)
    if found.status is not ActivationStatus.ACTIVATED and _runs_it(situation):
        runs = "The latest word has it on this version all the same."
        finding = _nothing_to_do(situation, joined(finding.sentence, runs))
    return finding._replace(sentence=joined(verified, finding.sentence))


def current_activation(situation: Situation) -> Activation | None:
    """Return the activation that counts: one that succeeded, else the latest; None without any.

    A request that cancels is no activation of its own.
    """
    own = [each for each in situation.activations if not each.is_cancelling]
    done = (each for each in own if each.status is ActivationStatus.ACTIVATED)
    return next(done, own[0] if own else None)


def _activated_by_itself(situation: Situation) -> Finding:
    when = when_text(situation)
    doubt = _doubt(situation, situation.distribution.request_id)
    return Finding(
        joined(
            f"The device activated the image on {when}: a PPMID needs no Activate Firmware.", doubt
        ),
        Actor.NOBODY if doubt is None else Actor.SUPPLIER,
        joined(_NOTHING.to(situation.voice), suspension(situation))
        if doubt is None
        else to_read_version(situation),
    )


def _not_activated(situation: Situation) -> Finding:
    if _runs_it(situation):
        return _nothing_to_do(situation, "It runs this version though no activation was seen.")
    return _to_activate(situation, "No activation of it was seen.")


def _runs_it(situation: Situation) -> bool:
    return situation.flag(situation.distribution.request_id, *_RUNS_IT) is not None


def _nothing_to_do(situation: Situation, sentence: str) -> Finding:
    return Finding(
        sentence, Actor.NOBODY, joined(_NOTHING.to(situation.voice), suspension(situation))
    )


def _to_activate(situation: Situation, sentence: str) -> Finding:
    outdone = superseded(situation)
    if outdone is not None:
        return Finding(sentence, Actor.NOBODY, outdone)
    is_changed = supplier_change(situation) is not None
    activate = _ACTIVATE_IF_YOURS if is_changed else _ACTIVATE
    advice = joined(surroundings(situation), activate.to(situation.voice))
    return Finding(sentence, Actor.SUPPLIER, advice)


def _activation(situation: Situation, found: Activation) -> Finding:
    when = near_text(found.updated_at, situation.now)
    match found.status:
        case ActivationStatus.ACTIVATED:
            return _activated(situation, found, when)
        case ActivationStatus.CANCELLED:
            return _to_activate(situation, f"Its activation was cancelled on {when}.")
        case ActivationStatus.FAILED:
            return finding_on_failed_activation(situation, found)
        case ActivationStatus.REQUESTED | ActivationStatus.SCHEDULED:
            return _pending(situation, found, when)


def _activated(situation: Situation, found: Activation, when: str) -> Finding:
    sentence = _how_it_activated(situation, found, when)
    doubt = _doubt(situation, found.request_id)
    if doubt is None and not situation.is_suspended:
        return Finding(sentence, Actor.NOBODY, _NOTHING.to(situation.voice))
    return Finding(joined(sentence, doubt), Actor.SUPPLIER, to_read_version(situation))


def _how_it_activated(situation: Situation, found: Activation, when: str) -> str:
    result = found.overruled_reason
    if result is not None:
        answer = HELD.get(result, "the activation failed")
        return (
            f"Asked to activate it, the device answered on {when} that {answer}, but with this "
            "version: that is what it runs, and DCC takes it over."
        )
    if situation.flag(found.request_id, FlagKind.ACTIVATED_WITH_OTHER_VERSION) is not None:
        return f"The device answered on {when} that it activated the image."
    return f"It activated the image on {when}."


def _doubt(situation: Situation, request_id: RequestId) -> str | None:
    """Return what speaks against a success, None if nothing does."""
    flag = situation.flag(request_id, *_DOUBTS)
    return None if flag is None else _DOUBTS[flag.kind].format(version=flag.found_version)


def _pending(situation: Situation, found: Activation, when: str) -> Finding:
    at = found.scheduled_for
    due = None if at is None else near_text(at, situation.now)
    if at is not None and at > situation.now:
        confirmed = found.status is ActivationStatus.SCHEDULED
        return Finding(
            f"It is to activate it on {due}."
            if confirmed
            else f"It was asked to activate it on {due}, and has not confirmed that.",
            Actor.NOBODY,
            joined(_NOTHING_YET.to(situation.voice), surroundings(situation)),
        )
    asked = "It was asked to activate it on" if due is None else "It was to activate it on"
    return Finding(
        f"{asked} {due or when}, and no word of how that went was seen.",
        Actor.SUPPLIER,
        joined(to_read_version(situation, may_answer=True), MAY_HAVE_WORKED),
    )
