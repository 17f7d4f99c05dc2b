"""Whether it is safe to send an update again, and what DCC would probably answer."""

from collections.abc import Mapping

from firmtrack.answers.diagnoses import ResendAdvice
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.diagnosis.news import news_of
from firmtrack.diagnosis.remedies import remedy_for
from firmtrack.diagnosis.situation import Situation
from firmtrack.domain.remedy import Again, Prospect
from firmtrack.domain.stages import CompletionStatus, Stage, Status
from firmtrack.domain.voice import Spoken

# That DCC refuses so is likely, not certain: industry usage.
_WOULD_BE_LEFT_OUT = (
    "DCC will probably leave the device out of another request (OtherRequestInProgressList)."
)

_EXPECTED: Mapping[Prospect, str] = {
    Prospect.SAME_ANSWER: "DCC will probably refuse it again until the cause is removed.",
    Prospect.SAME_END: (
        "DCC will probably accept it, and it will probably fail again with the same image."
    ),
    Prospect.MAY_WORK: "DCC will probably accept it.",
    Prospect.UNKNOWN: "What would come of it is not known, as long as the cause is not.",
}

# Which models have a given order is not known here.
_VERSION_PATH = Spoken(
    "Check with the manufacturer whether it needs other versions first.",
    "The supplier should check with the manufacturer whether it needs other versions first.",
)

_AFTER_NEWS = "What would come of it is not known, after what was told since."


def resend_advice(situation: Situation) -> ResendAdvice | None:
    """Return whether to send the update again, None if it or a later one is Successful."""
    distribution = situation.distribution
    if distribution.completion is CompletionStatus.SUCCESSFUL or situation.later_success:
        return None
    still_open = _open_request(situation)
    if still_open is not None:
        return ResendAdvice(
            again=Again.WAIT,
            open_request=still_open,
            expected=_WOULD_BE_LEFT_OUT,
            version_path=_VERSION_PATH.to(situation.voice),
        )
    if not distribution.status.is_bad:
        return ResendAdvice(
            again=Again.WAIT,
            open_request="DCC’s answer to this request was not seen, so it may be open.",
            expected=f"If DCC accepted it: {_WOULD_BE_LEFT_OUT}",
            version_path=_VERSION_PATH.to(situation.voice),
        )
    prospect = remedy_for(distribution.reason, distribution.status).prospect
    is_over = any(each.ends for each in news_of(situation))
    is_safe = may_work(distribution.reason, distribution.status) and not is_over
    return ResendAdvice(
        again=Again.SEND if is_safe else Again.REMEDY_FIRST,
        open_request="Firmtrack knows of no other update that is open for this device.",
        expected=_AFTER_NEWS if is_over else _EXPECTED[prospect],
        version_path=_VERSION_PATH.to(situation.voice),
    )


def may_work(reason: str | None, status: Status) -> bool:
    """Return whether sending an update again that failed so may work, if nothing else is known."""
    return status.is_bad and remedy_for(reason, status).prospect is Prospect.MAY_WORK


def _is_open(distribution: DistributionAnswer) -> bool:
    in_progress = distribution.completion is CompletionStatus.IN_PROGRESS
    return in_progress and distribution.status.stage > Stage.RECEIVED


def _open_request(situation: Situation) -> str | None:
    if _is_open(situation.distribution):
        return "DCC accepted this request, and it is still open for the device."
    other = next((each for each in situation.other_updates if _is_open(each)), None)
    if other is not None:
        return f"Service Request {other.request_id} is still open for the device."
    if situation.is_foreign_update_open:
        return "Another party’s update of the device is still open."
    unanswered = situation.later_under_way
    if unanswered is not None:
        return f"Service Request {unanswered.request_id} names the device and may be open."
    return None
