"""What is said of each stage and status: of an update that waits there, or that failed there."""

from collections.abc import Mapping

from firmtrack.diagnosis.phrases import the_party
from firmtrack.domain.remedy import Actor, Prospect, Remedy
from firmtrack.domain.stages import Party, Stage, Status
from firmtrack.domain.voice import Spoken
from firmtrack.presentation.catalogue_codes import ADVICE
from firmtrack.presentation.catalogue_entry import Advice

ASK_FIRST = Remedy(Actor.SUPPLIER, Prospect.UNKNOWN)

STANDING: Mapping[Status, str] = {
    Status.RECEIVED: "The request has been with DCC since {since}, and no answer to it was seen.",
    Status.ACCEPTED: "DCC accepted the update and has had it since {since}.",
    Status.SENT_TO_CSP: f"The image has been with {the_party(Party.CSP)} since {{since}}.",
    Status.DELIVERED_TO_COMMS_HUB: "The image has been at the Communications Hub since {since}.",
    Status.TRANSFERRED_TO_DEVICE: "The device has had the image since {since}.",
    Status.VERIFIED: "The device has held the verified image since {since}.",
    Status.ACTIVATED: "The device is said to run the image since {since}.",
}
"""Where an update in progress is; since when is to be put in."""

TASKS: Mapping[Stage, str] = {
    Stage.VALIDATED: "must check the request and answer it",
    Stage.SENT_TO_CSP: f"must send the image to {the_party(Party.CSP)}",
    Stage.DELIVERED_TO_COMMS_HUB: "must deliver it to the Communications Hub",
    Stage.TRANSFERRED_TO_DEVICE: "must hand it over",
    Stage.VERIFIED_BY_DEVICE: "must verify it and say so",
    Stage.ACTIVATED_BY_DEVICE: "must activate it and say so",
}
"""What the party that holds the stage must do, after its name."""

TASK_OF_UNKNOWN_VARIANT = "must verify the image or, if it is a PPMID, activate it, and say so"
"""What a device must do where it is not known which kind of request it has."""

SILENT_STAGES: Mapping[Stage, str] = {
    Stage.SENT_TO_CSP: (
        "Suppliers are not told when it has done so: what they hear of next is the delivery to the "
        "Communications Hub."
    ),
}
"""What is said of a stage that no message of DUIS tells of, only a stage report."""

_ASK_DCC = "Ask DCC’s Service Centre, and quote the Service Request ID and the Device ID."
_ASK_DSP = "Ask the DSP, and quote the Service Request ID and the Device ID."
_ASK_CSP = "Ask the CSP, and quote the Service Request ID and the Device ID."
_LATE_SUCCESS = "A late success still counts."
_ASK_ON_THE_WAY = Spoken(f"{_ASK_DCC} {_LATE_SUCCESS}", f"{_ASK_CSP} {_LATE_SUCCESS}")

ASK_HOLDER: Mapping[Party, Spoken] = {
    Party.DSP: Spoken(f"{_ASK_DCC} {_LATE_SUCCESS}", f"{_ASK_DSP} {_LATE_SUCCESS}"),
    Party.CSP: _ASK_ON_THE_WAY,
    Party.COMMS_HUB: _ASK_ON_THE_WAY,
    Party.DEVICE: Spoken(
        "Read its firmware version (11.2) to see whether it answers, and what it runs. "
        "A late word of it still counts.",
        "Tell the supplier to read its firmware version (11.2), to see whether it answers and what "
        "it runs. A late word of it still counts.",
    ),
}
"""What to do about an update that has stalled, by who holds it."""

OTHER_IMAGE: Mapping[Status, str] = {
    Status.TRANSFERRED_TO_DEVICE: "On {when} the hub handed the device another image",
    Status.DEVICE_TRANSFER_FAILED: "On {when} the hub could not hand the device another image",
    Status.VERIFIED: "On {when} the device verified another image",
    Status.VERIFICATION_FAILED: "On {when} the device refused another image",
    Status.ACTIVATED: "On {when} the device activated another version",
    Status.ACTIVATION_FAILED: "On {when} the device could not activate another version",
}
"""What it means that a device has this status of an image that fits no request of the viewer's."""

REMEDIES: Mapping[Status, Remedy] = {
    Status.REJECTED: ASK_FIRST,
    Status.SEND_TO_CSP_FAILED: Remedy(Actor.DCC, Prospect.UNKNOWN),
    Status.COMMS_HUB_DELIVERY_FAILED: ASK_FIRST,
    Status.DEVICE_TRANSFER_FAILED: ASK_FIRST,
    Status.VERIFICATION_FAILED: ASK_FIRST,
    Status.ACTIVATION_FAILED: Remedy(Actor.MANUFACTURER, Prospect.UNKNOWN),
}
"""What follows from a bad status whose reason tells nothing more."""

ADVICE_WITHOUT_REASON: Mapping[Status, Spoken | Advice] = {
    Status.REJECTED: Spoken(
        "Ask DCC’s Service Centre why it refused the update.",
        "Ask the DSP why it refused the update, and tell the supplier.",
    ),
    Status.SEND_TO_CSP_FAILED: Spoken(
        "Ask DCC’s Service Centre, with the Service Request ID: only DCC can say why it could not "
        "send the image on.",
        "Ask the DSP, with the Service Request ID, why it could not send the image on, and tell "
        "the supplier.",
    ),
    Status.COMMS_HUB_DELIVERY_FAILED: ADVICE["N61"],
    Status.DEVICE_TRANSFER_FAILED: ADVICE["file_transfer_failure"],
    Status.VERIFICATION_FAILED: ADVICE["8F1C"],
    Status.ACTIVATION_FAILED: Spoken(
        "Read the firmware version (11.2) to see what the device runs, and ask the manufacturer "
        "why it could not activate the image.",
        "Tell the supplier to read the firmware version (11.2) to see what the device runs, and to "
        "ask the manufacturer why it could not activate the image.",
    ),
}
"""What to do about a bad status without a reason."""
