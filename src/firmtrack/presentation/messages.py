"""The words for a recorded message: each fact that it tells, by name, for pages and terminals."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from firmtrack.answers.messages import Contents, MessageAnswer, Said
from firmtrack.domain.facts import CLOCK_OF_KIND, Clock, ImageFacts
from firmtrack.domain.stages import Variant
from firmtrack.duis import codes
from firmtrack.duis.codes import Code
from firmtrack.gbcs.description import GbcsDescription
from firmtrack.gbcs.frame import Cra
from firmtrack.presentation.known_from import body_text
from firmtrack.presentation.wording import (
    ACTIVATION_STEP_NAMES,
    CLOCK_NAMES,
    MESSAGE_KIND_NAMES,
    SERVICE_NAMES,
    STATUS_NAMES,
    SURENESS_NAMES,
    operators_text,
)

UNREADABLE_TEXT = "What is kept of this message cannot be read."
WITHDRAWN_TEXT = "This message was taken back. What it says counts no more."
CUT_TEXT = "Long lists are cut here to their first values. The file has all that is kept."
NO_IMAGE_TEXT = "A firmware image is never kept: its element is empty here and in the file."

_CRA_NAMES: Mapping[Cra, str] = {
    Cra.COMMAND: "command",
    Cra.RESPONSE: "response",
    Cra.ALERT: "alert",
}
_CODE_NAMES = frozenset({"Code", "Alert code"})
_UPDATES = frozenset(variant.value for variant in Variant)


class Form(Enum):
    """How a fact is to be set out: what is plain, an ID, a time, or leads to a page."""

    TEXT = auto()
    ID = auto()
    TIME = auto()
    DEVICE = auto()
    UPDATE_REQUEST = auto()


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of a message: its name, and its values, each in the form that all have."""

    name: str
    values: tuple[object, ...]
    form: Form = Form.TEXT
    note: str | None = None


def facts_of(message: MessageAnswer) -> list[Fact]:
    """Return what is known of the message and what it says, in the order to read it in."""
    return list(_facts(message))


def no_body_text(message: MessageAnswer) -> str:
    """Return what is said in place of a message's text, of one that has none to show."""
    return UNREADABLE_TEXT if message.has_body else body_text(message.bodies_kept_from)


def gbcs_facts(gbcs: GbcsDescription) -> list[Fact]:
    """Return what the GBCS message says that a message carries."""
    return list(_gbcs(gbcs))


def image_facts(image: ImageFacts) -> list[Fact]:
    """Return what was read of a request's firmware image when it came."""
    return list(_image(image))


def code_row(code: str) -> Code | None:
    """Return what the tables know of a code that a message carries, None of an unknown one."""
    tables = (
        codes.RESPONSE_CODES,
        codes.DCC_ALERT_CODES,
        codes.DEVICE_ALERT_CODES,
        codes.REASON_CODES,
    )
    return next((table[code] for table in tables if code in table), None)


def code_text(code: str) -> str:
    """Return what a code means, how sure that is and who says so, as sentences."""
    own = operators_text(code)
    if own is not None:
        return f"{own.removesuffix('.')} (wording of your operator)."
    row = code_row(code)
    if row is None or row.meaning is None:
        return "Firmtrack does not know what it means: DUIS describes it."
    return f"{row.meaning} {SURENESS_NAMES[row.sureness]}: {row.source}."


def said_text(said: Said) -> str:
    """Return a status that a message reports, of how many devices and why, as a clause."""
    what = STATUS_NAMES[said.status]
    if said.reason is not None:
        what += f", reason {said.reason}"
    if said.devices == 0:
        return f"{what}: the request as a whole"
    return f"{what}: {said.devices:,} device{'' if said.devices == 1 else 's'}"


def _facts(message: MessageAnswer) -> Iterator[Fact]:
    contents = message.contents or Contents(shown=None)
    is_update = contents.service in _UPDATES
    sender = "Sent by" if message.is_from_user else "Sent to"
    yield Fact("What it is", (MESSAGE_KIND_NAMES[message.kind],))
    yield from _told(
        ("DCC’s Response ID", message.response_id, Form.ID),
        (
            "Request ID in its header",
            contents.request_id,
            Form.UPDATE_REQUEST if is_update else Form.ID,
        ),
        ("Service", _service_text(contents.service), Form.TEXT),
        ("Code", message.code, Form.ID),
        (sender, message.user_id, Form.ID),
        ("DCC’s time", message.occurred_at, Form.TIME),
        ("Received by Firmtrack", message.recorded_at, Form.TIME),
        (_clock_name(message), contents.device_time, Form.TIME),
    )
    yield from _said(contents)
    yield from _named(contents)
    yield from _told(
        ("Communications Hub", contents.comms_hub_id, Form.ID),
        ("Firmware Version", contents.firmware_version, Form.ID),
    )
    if contents.report is not None:
        yield Fact("CloudEvents source", (contents.report.source,))
        yield Fact("CloudEvents ID", (contents.report.event_id,))
    yield Fact("Firmtrack’s number", (message.message_id,), Form.ID)
    if message.submitter is not None:
        token = "" if message.token is None else f", by the token ending {message.token}"
        yield Fact("Handed in by", (f"{message.submitter}{token}",))


def _told(*found: tuple[str, object, Form]) -> Iterator[Fact]:
    """Yield the facts that have a value; a code with what it means."""
    for name, value, form in found:
        if value is not None:
            note = code_text(str(value)) if name in _CODE_NAMES else None
            yield Fact(name, (value,), form, note)


def _service_text(service: str | None) -> str | None:
    name = None if service is None else SERVICE_NAMES.get(service)
    return service if name is None else f"{service}, {name}"


def _clock_name(message: MessageAnswer) -> str:
    return CLOCK_NAMES[CLOCK_OF_KIND.get(message.kind, Clock.DEVICE)]


def _said(contents: Contents) -> Iterator[Fact]:
    if contents.said:
        yield Fact("What it reports", tuple(map(said_text, contents.said)))
    activation = contents.activation
    if activation is None:
        return
    failed = ", failed" if activation.is_failed else ""
    reason = "" if activation.reason is None else f", reason {activation.reason}"
    step = ACTIVATION_STEP_NAMES[activation.step]
    yield Fact("What it reports", (f"Activate Firmware: {step}{failed}{reason}",))
    yield from _told(("Scheduled for", activation.scheduled_for, Form.TIME))


def _named(contents: Contents) -> Iterator[Fact]:
    others = tuple(each for each in contents.requests if each != contents.request_id)
    if others:
        # What reports a status names requests of updates; an incident may be of any service.
        form = Form.UPDATE_REQUEST if contents.said else Form.ID
        yield Fact("Service Requests that it is about", others, form)
    if contents.device_count:
        more = contents.device_count - len(contents.devices)
        note = f"and {more:,} more" if more else None
        name = f"Devices ({contents.device_count:,})"
        yield Fact(name, contents.devices, Form.DEVICE, note)


def _gbcs(gbcs: GbcsDescription) -> Iterator[Fact]:
    if gbcs.message_code is not None:
        yield Fact("Message code", (gbcs.message_code,), Form.ID, gbcs.name)
    is_new = gbcs.activation_counter != gbcs.originator_counter
    yield from _told(
        ("Kind", None if gbcs.cra is None else _CRA_NAMES[gbcs.cra], Form.TEXT),
        ("Alert code", gbcs.alert_code, Form.ID),
        ("Result", gbcs.result, Form.TEXT),
        ("Firmware version", gbcs.firmware_version, Form.ID),
        ("Hash of the image", _hexadecimal(gbcs.image_hash), Form.ID),
        ("Its sender’s own time", gbcs.device_time, Form.TIME),
        ("From", gbcs.originator, Form.ID),
        ("To", gbcs.recipient, Form.ID),
        ("Counter", gbcs.originator_counter, Form.ID),
        ("Counter of the command", gbcs.activation_counter if is_new else None, Form.ID),
        ("What could not be read", gbcs.problem, Form.TEXT),
    )


def _image(image: ImageFacts) -> Iterator[Fact]:
    hardware = f"{image.minimum_hardware_version} to {image.maximum_hardware_version}"
    yield from _told(
        ("Size", f"{image.size_bytes:,} bytes", Form.TEXT),
        ("Hash", _hexadecimal(image.manufacturer_image_hash), Form.ID),
        ("Version in its header", image.header_version, Form.ID),
        ("Manufacturer code", _four_digits(image.manufacturer_code), Form.ID),
        ("Image type", _four_digits(image.image_type), Form.ID),
        ("Header text", image.header_string or None, Form.TEXT),
        (
            "Hardware versions",
            None if image.minimum_hardware_version is None else hardware,
            Form.TEXT,
        ),
        (
            "What does not fit",
            None if image.problem is None else f"The image {image.problem}.",
            Form.TEXT,
        ),
    )


def _hexadecimal(octets: bytes | None) -> str | None:
    return None if octets is None else octets.hex()


def _four_digits(number: int | None) -> str | None:
    return None if number is None else f"{number:04X}"
