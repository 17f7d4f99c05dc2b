"""What to do about a failure: for each reason who acts next, and what trying again would bring.

What the User does stands in the catalogue of codes; this says what follows from it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from firmtrack.domain.remedy import Actor
from firmtrack.domain.stages import Status
from firmtrack.duis.codes import explains
from firmtrack.presentation.catalogue_codes import ADVICE, EXPLAINED_BY_OPERATOR, NOT_EXPLAINED
from firmtrack.presentation.wording import operators_text


class Prospect(StrEnum):
    """What would probably come of sending the same update again at once."""

    SAME_ANSWER = "same_answer"
    """DCC would refuse it again."""
    SAME_END = "same_end"
    """DCC would accept it, and it would stop at the same place."""
    MAY_WORK = "may_work"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Remedy:
    """Who acts after a failure, and what would come of trying again without that."""

    next_actor: Actor
    prospect: Prospect


_CORRECT_FIRST = Remedy(Actor.SUPPLIER, Prospect.SAME_ANSWER)
_TRY_AGAIN = Remedy(Actor.SUPPLIER, Prospect.MAY_WORK)
_ASK_FIRST = Remedy(Actor.SUPPLIER, Prospect.UNKNOWN)

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
    **dict.fromkeys(("N12", "N13", "no_image_held", "hash_mismatch", "8F67"), _ASK_FIRST),
}

# For any other code: what its status alone allows to say.
_BY_STATUS: Mapping[Status, Remedy] = {
    Status.REJECTED: _ASK_FIRST,
    Status.SEND_TO_CSP_FAILED: Remedy(Actor.DCC, Prospect.UNKNOWN),
    Status.COMMS_HUB_DELIVERY_FAILED: _ASK_FIRST,
    Status.DEVICE_TRANSFER_FAILED: _ASK_FIRST,
    Status.VERIFICATION_FAILED: _ASK_FIRST,
    Status.ACTIVATION_FAILED: Remedy(Actor.MANUFACTURER, Prospect.UNKNOWN),
}

_WITHOUT_REASON: Mapping[Status, str] = {
    Status.REJECTED: "Ask DCC’s Service Centre why it refused the update.",
    Status.SEND_TO_CSP_FAILED: (
        "Ask DCC’s Service Centre, with the Service Request ID: only DCC can say why it could not "
        "send the image on."
    ),
    Status.COMMS_HUB_DELIVERY_FAILED: ADVICE["N61"].user,
    Status.DEVICE_TRANSFER_FAILED: ADVICE["file_transfer_failure"].user,
    Status.VERIFICATION_FAILED: ADVICE["8F1C"].user,
    Status.ACTIVATION_FAILED: (
        "Read the firmware version (11.2) to see what the device runs, and ask the manufacturer "
        "why it could not activate the image."
    ),
}


def remedy_for(reason: str | None, status: Status) -> Remedy:
    """Return what follows from a bad ``status`` with this reason, known or not."""
    is_explained = reason is not None and explains(reason, status)
    known = _BY_REASON.get(reason) if reason is not None and is_explained else None
    return known or _BY_STATUS[status]


def user_advice(reason: str | None, status: Status) -> str:
    """Return, in sentences, what the User does about a bad ``status`` with this reason."""
    if reason is None:
        return _WITHOUT_REASON[status]
    known = ADVICE.get(reason) if explains(reason, status) else None
    if known is None and operators_text(reason) is not None:
        return EXPLAINED_BY_OPERATOR
    if known is None and not explains(reason, status):
        return _WITHOUT_REASON[status]
    return (known or NOT_EXPLAINED).user
