"""Entries for the Completion Statuses, the stages and the statuses of a distribution."""

from collections.abc import Mapping
from dataclasses import dataclass

from firmtrack.domain.stages import STAGES, CompletionStatus, Stage, Status
from firmtrack.duis.codes import Sureness
from firmtrack.presentation import wording
from firmtrack.presentation.catalogue_entry import MAY_TRY_AGAIN, Advice, Entry

C, L = Sureness.CERTAIN, Sureness.LIKELY

_FIRMTRACK = "Firmtrack’s stage table"
_SCHEMA = "DUIS 5.4 schema"
_GBCS = "GBCS 4.3"
_TRADE = "industry usage"
_REPORT = "Firmtrack’s form of a stage report"
_DERIVED = "DCC has no code for this: Firmtrack derives it from the Current Status."
_WAIT = "Nothing yet."
_SEE_REASON = "The reason beside the status says which."


def _completion(value: CompletionStatus, meaning: str, advice: Advice) -> Entry:
    return Entry(
        code=value.value,
        name=wording.COMPLETION_NAMES[value],
        meaning=meaning,
        written=_DERIVED,
        advice=advice,
        sureness=C,
        source=_FIRMTRACK,
    )


COMPLETIONS: Mapping[CompletionStatus, Entry] = {
    CompletionStatus(entry.code): entry
    for entry in (
        _completion(
            CompletionStatus.IN_PROGRESS,
            "The update has neither reached its end nor failed, as far as any message has told.",
            Advice(
                "The update is on its way, or word of its end has not come.",
                "Look at the Current Status for how far it is and who holds it.",
                "Look at the Current Status for how far it is and who holds it.",
                "The party that holds the update brings it to its next stage.",
            ),
        ),
        _completion(
            CompletionStatus.FAILED,
            "The update stopped on its way. A later success of the same stage, or word from a "
            "later stage, takes this back.",
            Advice(
                "The Current Status says at which stage it stopped, the reason why.",
                "Do what the reason’s entry says; then send a new request for the device.",
                (
                    "Do what the reason’s entry says; the supplier then sends a new request for "
                    "the device."
                ),
                MAY_TRY_AGAIN,
            ),
        ),
        _completion(
            CompletionStatus.SUCCESSFUL,
            "The distribution is complete: an ESME, GSME or HCALCS has verified the image (11.1), "
            "a PPMID has activated it (11.4).",
            Advice(
                "Every stage was passed.",
                "After an 11.1, activate the image with Activate Firmware (11.3): until then the "
                "device runs its earlier version. After an 11.4, nothing.",
                (
                    "Nothing. After an 11.1, the supplier activates the image with Activate "
                    "Firmware (11.3): until then the device runs its earlier version."
                ),
                "The distribution has ended. DCC carries the Activate Firmware (11.3).",
            ),
        ),
    )
}


@dataclass(frozen=True, slots=True)
class StageEntry:
    """A stage explained: its anchor on the guidance page, and what its holder does there."""

    code: str
    name: str
    work: str


_STAGE_WORK: Mapping[Stage, str] = {
    Stage.RECEIVED: "takes the request in",
    Stage.VALIDATED: "checks the request and each of its devices",
    Stage.SENT_TO_CSP: "hands the image to the Communications Service Provider of each region",
    Stage.DELIVERED_TO_COMMS_HUB: "delivers the image to the Communications Hub",
    Stage.TRANSFERRED_TO_DEVICE: "hands the image to the device over the home area network",
    Stage.VERIFIED_BY_DEVICE: "checks the manufacturer’s signature on the image",
    Stage.ACTIVATED_BY_DEVICE: "changes over to the image by itself",
}

STAGE_ENTRIES: Mapping[Stage, StageEntry] = {
    row.stage: StageEntry(
        code=f"stage-{row.stage.name.lower()}",
        name=row.name,
        work=f"The {wording.PARTY_NAMES[row.holder]} {_STAGE_WORK[row.stage]}.",
    )
    for row in STAGES
}


def _status(
    status: Status, meaning: str, written: str, advice: Advice, sureness: Sureness, source: str
) -> Entry:
    return Entry(
        code=status.value,
        name=wording.STATUS_NAMES[status],
        meaning=meaning,
        written=written,
        advice=advice,
        sureness=sureness,
        source=source,
    )


STATUSES: Mapping[Status, Entry] = {
    Status(entry.code): entry
    for entry in (
        _status(
            Status.RECEIVED,
            "DCC has the request, and no answer of DCC’s has come yet.",
            "No code: the Service Request itself, or a stage report.",
            Advice(
                "DCC has not answered yet, or its answer has not come to Firmtrack.",
                f"{_WAIT} DCC answers a request at once: if nothing comes, ask DCC’s Service "
                "Centre with the Service Request ID.",
                (
                    "Nothing yet. The DSP answers a request at once: if nothing comes, ask it, "
                    "with the Service Request ID."
                ),
                "The DSP checks the request and answers it.",
            ),
            C,
            _SCHEMA,
        ),
        _status(
            Status.ACCEPTED,
            "DCC accepted the request for this device.",
            "I0 or I99; W110101 or W110401 for the devices that none of its lists names.",
            Advice(
                "Request and device were in order.",
                _WAIT,
                "Nothing yet.",
                "The DSP hands the image on.",
            ),
            L,
            _TRADE,
        ),
        _status(
            Status.REJECTED,
            "DCC refused the whole request, or left this device out of it.",
            "A response code that begins with E, or a list in W110101 or W110401.",
            Advice(
                _SEE_REASON,
                "Do what the reason’s entry says. A refused device needs a new request.",
                (
                    "Do what the reason’s entry says. A refused device needs a new request, "
                    "which the supplier sends."
                ),
                "Nothing more for this device in this request.",
            ),
            C,
            _SCHEMA,
        ),
        _status(
            Status.SENT_TO_CSP,
            "The DSP handed the image to the Communications Service Provider of the region.",
            "No code: DUIS does not carry it. A stage report of a DCC system says so.",
            Advice(
                "The request was accepted.",
                _WAIT,
                "Nothing yet.",
                "The CSP delivers the image to the Communications Hub.",
            ),
            C,
            _REPORT,
        ),
        _status(
            Status.SEND_TO_CSP_FAILED,
            "The DSP could not hand the image to the Communications Service Provider.",
            "No code: DUIS does not carry it. A stage report of a DCC system says so.",
            Advice(
                _SEE_REASON + " Without one, DCC has not said.",
                "Quote the Service Request ID to DCC’s Service Centre before you send it again.",
                (
                    "Ask the DSP why, with the Service Request ID, and tell the supplier when "
                    "to send it again."
                ),
                MAY_TRY_AGAIN,
            ),
            C,
            _REPORT,
        ),
        _status(
            Status.DELIVERED_TO_COMMS_HUB,
            "The image is at the Communications Hub, which has to hand it to the device.",
            "CSPFirmwareDeliveryStatus with Success; its DCC Alert is likely to be N60.",
            Advice(
                "The CSP delivered the image.",
                _WAIT,
                "Nothing yet.",
                "The hub hands the image over.",
            ),
            C,
            _SCHEMA,
        ),
        _status(
            Status.COMMS_HUB_DELIVERY_FAILED,
            "The image did not reach the Communications Hub.",
            "CSPFirmwareDeliveryStatus with Failure, likely to be N61; or "
            "FirmwareDistributionFailure, likely to be one of N18 to N23.",
            Advice(
                "The reason is the code of DCC’s alert; why it failed, the alert does not say.",
                "Do what the reason’s entry says.",
                "Do what the reason’s entry says.",
                MAY_TRY_AGAIN,
            ),
            C,
            _SCHEMA,
        ),
        _status(
            Status.TRANSFERRED_TO_DEVICE,
            "The hub handed the image to the device, which has not said yet what it makes of it.",
            "FirmwareTransferAlert with FileTransferSuccess; the hub’s alert is 8F8A.",
            Advice(
                "The device took the image.",
                _WAIT,
                "Nothing yet.",
                "None of DCC’s: the device verifies the image (11.1) or activates it (11.4).",
            ),
            C,
            _GBCS,
        ),
        _status(
            Status.DEVICE_TRANSFER_FAILED,
            "The hub could not hand the image to the device.",
            "FirmwareTransferAlert with FirmwareImageDiscarded, HardwareVersionMismatch or "
            "FileTransferFailure; the hub’s alert is 8F89.",
            Advice(
                _SEE_REASON,
                "Do what the reason’s entry says.",
                "Do what the reason’s entry says.",
                MAY_TRY_AGAIN,
            ),
            C,
            _GBCS,
        ),
        _status(
            Status.VERIFIED,
            "The device verified the image and holds it; it does not run it yet.",
            "8F72, Firmware Distribution Receipt Alert.",
            Advice(
                "The image is what its manufacturer signed.",
                "Activate it with Activate Firmware (11.3) when you are ready.",
                (
                    "Nothing. The supplier activates it with Activate Firmware (11.3) when it "
                    "is ready."
                ),
                "DCC carries the Activate Firmware (11.3) to the device.",
            ),
            C,
            _GBCS,
        ),
        _status(
            Status.VERIFICATION_FAILED,
            "The device refused the image: its verification failed.",
            "8F1C, Firmware Distribution Receipt Alert.",
            Advice(
                "The image was damaged on its way, or was wrong from the start.",
                "Compare the image’s hash with the Central Products List before you send it again.",
                (
                    "Tell the supplier to compare the image’s hash with the Central Products "
                    "List before it sends it again."
                ),
                MAY_TRY_AGAIN,
            ),
            C,
            _GBCS,
        ),
        _status(
            Status.ACTIVATED,
            "The PPMID runs the new firmware.",
            "PPMIDFirmwareUpgradeAlert with ActivationSuccess; the device’s alert is 8F8B.",
            Advice(
                "The PPMID activated the image by itself.",
                "Nothing.",
                "Nothing.",
                "The DSP updates the firmware version in the inventory.",
            ),
            C,
            _GBCS,
        ),
        _status(
            Status.ACTIVATION_FAILED,
            "The PPMID could not activate the image.",
            "PPMIDFirmwareUpgradeAlert with ActivationFailure; the device’s alert is 8F8B.",
            Advice(
                "The device does not say why.",
                "Ask the manufacturer, with the firmware version and the device’s model.",
                (
                    "Tell the supplier to ask the manufacturer, with the firmware version and "
                    "the device’s model."
                ),
                MAY_TRY_AGAIN,
            ),
            C,
            _GBCS,
        ),
    )
}
