"""What does not fit together about a device or a request, in words, and what to do about it."""

from collections.abc import Mapping

from firmtrack.domain.reconciliation import SUSPENDED, Flag, FlagKind
from firmtrack.domain.voice import Spoken, Voice

FLAG_NAMES: Mapping[FlagKind, str] = {
    FlagKind.ACTIVATED_BUT_OLD_VERSION: "Activated, but reported with another version",
    FlagKind.ACTIVATED_WITH_OTHER_VERSION: "Answered as a success, but with another version",
    FlagKind.ACTIVATION_NOT_ANSWERED: "Activation not answered",
    FlagKind.SUSPENDED: f"The device is {SUSPENDED}",
    FlagKind.VERSION_WITHOUT_ACTIVATION: "New version, but no answer to an activation seen",
    FlagKind.FIRMWARE_VERSION_MISMATCH: "DCC’s inventory and the device disagree",
    FlagKind.REQUEST_FOR_RUNNING_VERSION: "Update to the version that the device already runs",
    FlagKind.HEADER_VERSION_DIFFERS: "Request and image state different versions",
    FlagKind.IMAGE_PROBLEM: "The image is not as it should be",
    FlagKind.REQUEST_STATED_TWICE: "One Request ID, two contents",
}

# MP105 of the Smart Energy Code's modifications: lost answers to activations.
_KEEPS_OLD = f"DCC’s inventory then keeps the old version, and may hold the device as {SUSPENDED}."
_READ_VERSION = Spoken(
    "Send a Read Firmware Version (11.2) to the device: its answer says what the device runs, "
    "and makes DCC’s inventory right again.",
    "Tell the supplier to send a Read Firmware Version (11.2) to the device: its answer says what "
    "the device runs, and makes DCC’s inventory right again.",
)
_READ_VERSION_NOW = Spoken(
    "Send a Read Firmware Version (11.2) to see what it runs now, and ask the manufacturer",
    "Tell the supplier to send a Read Firmware Version (11.2) to see what it runs now, and to ask "
    "the manufacturer",
)
_STATED_TWICE = Spoken(
    "Whoever supplies your DCC system has to find out why a Request ID was used twice; which "
    "request DCC has, its Service Centre can find out.",
    "Find out which request DCC has, and tell the supplier to find out why a Request ID was used "
    "twice.",
)
_STAYS_SUSPENDED = Spoken("ask DCC’s Service Centre why.", "find out why.")

_TEXTS: Mapping[FlagKind, str] = {
    FlagKind.ACTIVATED_BUT_OLD_VERSION: (
        "Request {request} activated Firmware Version {expected}, but later word has the device on "
        "{found}. DCC may have missed the answer to the activation: "
        f"{_KEEPS_OLD} {{read_version}}"
    ),
    FlagKind.ACTIVATED_WITH_OTHER_VERSION: (
        "The device answered Activate Firmware request {request} as a success, but with Firmware "
        "Version {found}; its image is {expected}. The version that a device answers with is what "
        "it ran then. {read_version_now} if it is still {found}."
    ),
    FlagKind.ACTIVATION_NOT_ANSWERED: (
        "Activate Firmware request {request} {unanswered}. The activation may have succeeded all "
        f"the same, and only its answer been lost: {_KEEPS_OLD} {{read_version}}"
    ),
    FlagKind.SUSPENDED: (
        f"DCC’s inventory holds the device as {SUSPENDED}. A lost answer to an activation is one "
        f"cause of that. {{read_version}} If it stays {SUSPENDED}, {{why}}"
    ),
    FlagKind.VERSION_WITHOUT_ACTIVATION: (
        "The device runs Firmware Version {found}, which request {request} brought, but Firmtrack "
        "has seen no answer that says that it was activated: that answer may have been lost, or "
        "has not come to Firmtrack. Nothing needs to be done to the device."
    ),
    FlagKind.FIRMWARE_VERSION_MISMATCH: (
        "DCC’s inventory holds Firmware Version {expected}, but the device states {found}. "
        "{read_version}"
    ),
    FlagKind.REQUEST_FOR_RUNNING_VERSION: (
        "Request {request} asks for Firmware Version {found}, which the device ran already when "
        "the request was submitted. Check whether the request was meant for this device, and "
        "whether it is the right version."
    ),
    FlagKind.HEADER_VERSION_DIFFERS: (
        "Request {request} states Firmware Version {expected}, but the header of its image says "
        "{found}. Either the version in the request is wrong, or the image is another one than "
        "was meant. Compare both with what the manufacturer supplied before it is activated."
    ),
    FlagKind.IMAGE_PROBLEM: (
        "Something is wrong with the image of request {request}: {problem}. DCC or the device may "
        "refuse it. Compare it with what the manufacturer supplied."
    ),
    FlagKind.REQUEST_STATED_TWICE: (
        "Messages with the Request ID {request} came with different contents. Firmtrack shows one "
        "of them; which one DCC took, no message says. {stated_twice}"
    ),
}


def flag_text(flag: Flag, voice: Voice = Voice.USER) -> str:
    """Return sentences that say what does not fit, and what to do about it, to whoever reads it."""
    return _TEXTS[flag.kind].format(
        request=flag.request_id,
        expected=flag.expected_version,
        found=flag.found_version,
        problem=flag.problem,
        unanswered=_unanswered(flag),
        read_version=_READ_VERSION.to(voice),
        read_version_now=_READ_VERSION_NOW.to(voice),
        stated_twice=_STATED_TWICE.to(voice),
        why=_STAYS_SUSPENDED.to(voice),
    )


def _unanswered(flag: Flag) -> str:
    """Return the rest of a sentence on an activation's missing answer."""
    if flag.reason is None:
        how = f"has no answer of the device’s, and DCC’s inventory holds the device as {SUSPENDED}"
    else:
        how = f"was not delivered or not answered, as DCC reports with code {flag.reason}"
    if flag.found_version is None:
        return how
    return f"{how}; the latest word has the device on Firmware Version {flag.found_version}"
