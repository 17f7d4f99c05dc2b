"""Entries for the statuses of an activation, and an example of each flag."""

from collections.abc import Mapping

from firmtrack.domain.identifiers import FirmwareVersion, RequestId
from firmtrack.domain.reconciliation import Flag, FlagKind
from firmtrack.domain.stages import ActivationStatus
from firmtrack.domain.voice import Voice
from firmtrack.duis.codes import Sureness
from firmtrack.presentation import wording
from firmtrack.presentation.catalogue_entry import Advice, Entry
from firmtrack.presentation.flags import FLAG_NAMES, flag_text
from firmtrack.presentation.search import SearchBy

C = Sureness.CERTAIN
_SCHEMA = "DUIS 5.4 schema"
_GBCS = "GBCS 4.3"


def _entry(
    status: ActivationStatus, meaning: str, written: str, advice: Advice, source: str
) -> Entry:
    return Entry(
        code=status.value,
        name=wording.ACTIVATION_STATUS_NAMES[status],
        meaning=meaning,
        written=written,
        advice=advice,
        sureness=C,
        source=source,
    )


ACTIVATIONS: Mapping[ActivationStatus, Entry] = {
    ActivationStatus(entry.code): entry
    for entry in (
        _entry(
            ActivationStatus.REQUESTED,
            "An Activate Firmware (11.3) request was sent, and no word of the device has come.",
            "The Service Request 11.3, and DCC’s acknowledgement of it.",
            Advice(
                "DCC has still to carry the request to the device, or the answer has not come.",
                "Nothing yet. If no answer comes, read the firmware version (11.2) before you send "
                "it again: it may have worked, and only its answer been lost.",
                (
                    "Nothing yet. If no answer comes, tell the supplier to read the firmware "
                    "version (11.2) before it sends it again: it may have worked, and only its "
                    "answer been lost."
                ),
                "DCC carries the request to the device.",
            ),
            _SCHEMA,
        ),
        _entry(
            ActivationStatus.SCHEDULED,
            "The device took note of the request, and will activate the image at the time in it.",
            "The device’s answer to 11.3 without a result.",
            Advice(
                "The request named a time in the future.",
                "Nothing. To take it back, send an 11.3 with the ExecutionDateTime "
                "3000-12-31T00:00:00Z.",
                (
                    "Nothing. The supplier can take it back with an 11.3 that has the "
                    "ExecutionDateTime 3000-12-31T00:00:00Z."
                ),
                "Nothing until the device says how it went.",
            ),
            _GBCS,
        ),
        _entry(
            ActivationStatus.CANCELLED,
            "A later request took the scheduled activation back.",
            "An 11.3 with the ExecutionDateTime 3000-12-31T00:00:00Z.",
            Advice(
                "The User cancelled it.",
                "Send a new Activate Firmware (11.3) when the image is to be activated.",
                (
                    "Nothing. The supplier sends a new Activate Firmware (11.3) when the image "
                    "is to be activated."
                ),
                "Nothing more.",
            ),
            _SCHEMA,
        ),
        _entry(
            ActivationStatus.ACTIVATED,
            "The device said that it activated the image.",
            "activateImageResponseCode 0; of a future-dated request, in the alert 8F66.",
            Advice(
                "The device held the image, and its hash was that of the request.",
                "Nothing. The inventory should show the new version; if not, see the flags below.",
                (
                    "Nothing. The inventory should show the new version; if not, see the flags "
                    "below."
                ),
                "The DSP updates the firmware version in the inventory.",
            ),
            _GBCS,
        ),
        _entry(
            ActivationStatus.FAILED,
            "The device did not activate the image, or DCC could not carry the request or got no "
            "answer.",
            "An activateImageResponseCode other than 0, the alert 8F67, a CommandFailure, or a "
            "response code that begins with E.",
            Advice(
                "The reason beside it says which.",
                "Do what the reason’s entry says. After a missing answer, read the firmware "
                "version (11.2) first: the activation may have worked all the same.",
                (
                    "Do what the reason’s entry says. After a missing answer, tell the supplier "
                    "to read the firmware version (11.2) first: the activation may have worked "
                    "all the same."
                ),
                "Nothing more for this request. The inventory keeps its firmware version.",
            ),
            _GBCS,
        ),
    )
}

_EXAMPLE_REQUEST = RequestId.parse(wording.SEARCH_BY_EXAMPLES[SearchBy.SERVICE_REQUEST_ID])


def flag_examples(voice: Voice) -> Mapping[FlagKind, str]:
    """Return what each flag says of an example, as it is said to whoever reads it."""
    return {
        kind: flag_text(
            Flag(
                kind=kind,
                request_id=_EXAMPLE_REQUEST,
                expected_version=FirmwareVersion("01020304"),
                found_version=FirmwareVersion("01020303"),
                reason="N13",
                problem="its header promises 524,288 octets in all, it has 524,222",
            ),
            voice,
        )
        for kind in FLAG_NAMES
    }


FLAG_EXAMPLES: Mapping[FlagKind, str] = flag_examples(Voice.USER)
