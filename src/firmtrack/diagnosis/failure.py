"""A failed update: where it stopped, at whom and why, and what that calls for."""

from collections.abc import Callable, Mapping

from firmtrack.answers.diagnoses import Finding
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.diagnosis.news import news_of
from firmtrack.diagnosis.phrases import (
    as_sentence,
    followed_up,
    joined,
    status_text,
    superseded,
    surroundings,
    the_party,
    when_text,
)
from firmtrack.diagnosis.remedies import advice_on, remedy_for
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.remedy import Actor
from firmtrack.domain.stages import Status, Variant, row_of
from firmtrack.domain.voice import Spoken
from firmtrack.presentation.times import near_text
from firmtrack.presentation.wording import STAGE_NAMES, reason_text


def finding_on_failure(situation: Situation) -> Finding:
    """Return the finding on a distribution whose current status is bad."""
    distribution = situation.distribution
    news = news_of(situation)
    sentence = joined(
        _stopped(situation),
        _reason(distribution),
        reason_fact(situation),
        _ran_it(situation),
        *(each.what for each in news),
    )
    outdone = superseded(situation) or followed_up(situation)
    if outdone is not None:
        return Finding(sentence, Actor.NOBODY, outdone)
    if news and news[0].ends:
        return Finding(sentence, news[0].actor, joined(news[0].advice, surroundings(situation)))
    return Finding(
        sentence,
        remedy_for(distribution.reason, distribution.status).next_actor,
        joined(
            surroundings(situation),
            _wait_first(situation),
            advice_on(distribution.reason, distribution.status, situation.voice),
            _hub_support(situation),
            *dict.fromkeys(each.advice for each in news),
        ),
    )


def _ran_it(situation: Situation) -> str | None:
    """Return that a PPMID had activated the version before it said that it could not."""
    if situation.distribution.status is not Status.ACTIVATION_FAILED:
        return None
    times = [each.occurred_at for each in situation.history if each.status is Status.ACTIVATED]
    if not times:
        return None
    when = near_text(max(times), situation.now)
    ran_it = f"Before that, on {when}, the device had said that it activated this version"
    running = None if situation.device is None else situation.device.firmware_version
    if running in {None, situation.distribution.firmware_version}:
        return f"{ran_it}: as far as any word tells, it runs it."
    return f"{ran_it}; later word has it on version {running}."


def reason_fact(situation: Situation) -> str | None:
    """Return the sentence on what is known that bears on the reason, None if nothing is."""
    find = _FACTS.get(situation.distribution.reason or "")
    return None if find is None else find(situation)


def _stopped(situation: Situation) -> str:
    stage = situation.distribution.status.stage
    when = when_text(situation)
    party = the_party(row_of(stage).holder)
    return f"The update failed at {party} on {when}, at the stage “{STAGE_NAMES[stage]}”."


def _reason(distribution: DistributionAnswer) -> str:
    if distribution.reason is None:
        return "The message that says so gives no reason."
    return as_sentence(reason_text(distribution.reason, distribution.status))


def _wait_first(situation: Situation) -> str | None:
    # The advice on this reason says so itself.
    if situation.distribution.reason == "other_request_in_progress" or not situation.is_other_open:
        return None
    return _WAIT_FIRST.to(situation.voice)


def _hub_support(situation: Situation) -> str | None:
    is_hubs = situation.distribution.reason in {"image_discarded", "file_transfer_failure"}
    device_type = None if situation.device is None else situation.device.device_type
    if situation.distribution.variant is Variant.UPDATE_PPMID_FIRMWARE:
        device_type = "PPMID"
    if not is_hubs or device_type not in _WITH_ARTICLE:
        return None
    return (
        f"{_WITH_ARTICLE[device_type]} can only be updated once its hub’s own firmware supports "
        f"it: {_ASK_OF_HUB.to(situation.voice)}"
    )


def _hardware(situation: Situation) -> str | None:
    image = situation.image
    if image is None or image.minimum_hardware_version is None:
        return None
    if image.maximum_hardware_version is None:
        return None
    first, last = image.minimum_hardware_version, image.maximum_hardware_version
    return f"The image’s header allows hardware {first:04X} to {last:04X} (hexadecimal)."


def _model(situation: Situation) -> str | None:
    device = situation.device
    if device is None or device.model is None:
        return None
    maker = "" if device.manufacturer is None else f" by {device.manufacturer}"
    version = situation.distribution.firmware_version
    asked = "" if version is None else f"; the request is for version {version}"
    return f"The inventory has the device as model {device.model}{maker}{asked}."


def _gbcs(situation: Situation) -> str | None:
    version = None if situation.device is None else situation.device.gbcs_version
    return version and f"The inventory has the device on GBCS version {version}."


def _device_type(situation: Situation) -> str | None:
    device_type = None if situation.device is None else situation.device.device_type
    return device_type and f"The inventory has the device as {device_type}."


def _hash(situation: Situation) -> str | None:
    digest = situation.distribution.image_hash
    return None if digest is None else f"The hash of the request’s image is {digest.hex()}."


_WAIT_FIRST = Spoken(
    "Another update of the device is open: wait until it has ended.",
    "Another update of the device is open: the supplier should wait until it has ended.",
)
_ASK_OF_HUB = Spoken("ask whether this hub’s does.", "ask the CSP whether this hub’s does.")

# The types that their hub's own firmware must support.
_WITH_ARTICLE: Mapping[str | None, str] = {"PPMID": "A PPMID", "HCALCS": "An HCALCS"}

_FACTS: Mapping[str, Callable[[Situation], str | None]] = {
    "hardware_version_mismatch": _hardware,
    "not_commissioned": status_text,
    "not_applicable_firmware": _model,
    "invalid_gbcs_version": _gbcs,
    "8F1C": _hash,
    "E5": status_text,
    "E11": _device_type,
}
