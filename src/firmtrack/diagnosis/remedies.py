"""What to do about a failure: for each reason who acts next, and what trying again would bring.

What to do stands in the catalogue of codes; this says what follows from it.
"""

from collections.abc import Mapping

from firmtrack.diagnosis.statuses import ADVICE_WITHOUT_REASON, ASK_FIRST, REMEDIES
from firmtrack.domain.remedy import Actor, Prospect, Remedy
from firmtrack.domain.stages import Status
from firmtrack.domain.voice import Voice
from firmtrack.duis.codes import explains
from firmtrack.presentation.catalogue_codes import ADVICE, EXPLAINED_BY_OPERATOR, NOT_EXPLAINED
from firmtrack.presentation.wording import operators_text

_CORRECT_FIRST = Remedy(Actor.SUPPLIER, Prospect.SAME_ANSWER)
_TRY_AGAIN = Remedy(Actor.SUPPLIER, Prospect.MAY_WORK)

_BY_REASON: Mapping[str, Remedy] = {
    **dict.fromkeys(
        (
            "invalid_device_id",
            "not_commissioned",
            "not_applicable_firmware",
            "other_request_in_progress",
            "invalid_gbcs_version",
            *("E1", "E2", "E3", "E4", "E5", "E11", "E12", "E13", "E17", "E19"),
        ),
        _CORRECT_FIRST,
    ),
    **dict.fromkeys(("image_discarded", "file_transfer_failure", "E20", "E21", "N61"), _TRY_AGAIN),
    "hardware_version_mismatch": Remedy(Actor.MANUFACTURER, Prospect.SAME_END),
    # Of an activation, about which nobody but its sender can do anything.
    **dict.fromkeys(("N12", "N13", "no_image_held", "hash_mismatch", "8F67"), ASK_FIRST),
}


def remedy_for(reason: str | None, status: Status) -> Remedy:
    """Return what follows from a bad ``status`` with this reason, known or not."""
    is_explained = reason is not None and explains(reason, status)
    known = _BY_REASON.get(reason) if reason is not None and is_explained else None
    # For any other code: what its status alone allows to say.
    return known or REMEDIES[status]


def advice_on(reason: str | None, status: Status, voice: Voice) -> str:
    """Return, in sentences, what to do about a bad ``status`` with this reason."""
    if reason is None:
        return ADVICE_WITHOUT_REASON[status].to(voice)
    known = ADVICE.get(reason) if explains(reason, status) else None
    if known is None and operators_text(reason) is not None:
        return EXPLAINED_BY_OPERATOR.to(voice)
    if known is None and not explains(reason, status):
        return ADVICE_WITHOUT_REASON[status].to(voice)
    return (known or NOT_EXPLAINED).to(voice)
