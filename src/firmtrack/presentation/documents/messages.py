"""A message, as the API answers it."""

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from firmtrack.answers.messages import Contents, MessageAnswer
from firmtrack.domain import facts
from firmtrack.domain.facts import MessageKind
from firmtrack.domain.stages import Status
from firmtrack.gbcs.description import GbcsDescription
from firmtrack.presentation.documents.fields import (
    Count,
    EuiText,
    FirmwareVersionText,
    ImageHashText,
    RequestIdText,
    ResponseIdText,
    eui_text,
)
from firmtrack.presentation.messages import code_row, code_text


class MessageCode(Struct, frozen=True):
    """The code that a message carries, what it means and how sure that is.

    sureness is certain, likely or unknown; text says it in a sentence.
    """

    code: str
    text: str
    sureness: str


class SaidStatus(Struct, frozen=True):
    """A status that a message reports, of so many devices; of the whole request, devices is 0."""

    status: Status
    reason: str | None
    devices: Count


class GbcsMessage(Struct, frozen=True):
    """The GBCS message that a message carries.

    name is what GBCS calls one about firmware, null of any other. problem says why its octets could
    not be read; what was not read is null.
    """

    message_code: str | None
    name: str | None
    originator: EuiText | None
    recipient: EuiText | None
    originator_counter: int | None
    alert_code: str | None
    result: str | None
    firmware_version: FirmwareVersionText | None
    image_hash: ImageHashText | None
    device_time: datetime | None
    activation_counter: int | None
    problem: str | None


class CarriedImage(Struct, frozen=True):
    """What was read of a request's firmware image when it came; the image itself is not kept."""

    size_bytes: Count
    image_hash: ImageHashText | None
    header_version: FirmwareVersionText | None
    manufacturer_code: int | None
    image_type: int | None
    header_string: str | None
    minimum_hardware_version: int | None
    maximum_hardware_version: int | None
    problem: str | None


class StageReportOrigin(Struct, frozen=True):
    """What identifies a stage report: its CloudEvents source and id."""

    source: str
    id: str


class Message(Struct, frozen=True):
    """One recorded message: what it says, decoded, and what is kept of it.

    response_id is DCC's own ID of it, request_id that of its header, service_reference_variant the
    service. user_id is the User that sent it (sent_by_user) or that it was sent to, null of a stage
    report. occurred_at is DCC's time, recorded_at when Firmtrack received it, device_time what the
    clock beside DCC's wrote. service_request_ids are all that it is about; device_ids the first 20
    of device_count. withdrawn_at is when it was taken back: then what it says counts no more. text
    is the message set out for people, without the firmware image, long lists cut (text_is_whole);
    /messages/{id}/body has all that is kept. From gbcs to text all are null where nothing is kept:
    body_is_kept says whether what it said is kept word for word.
    """

    message_id: UUID
    kind: MessageKind
    code: MessageCode | None
    response_id: ResponseIdText | None
    request_id: RequestIdText | None
    service_reference_variant: str | None
    user_id: EuiText | None
    sent_by_user: bool
    occurred_at: datetime | None
    recorded_at: datetime
    device_time: datetime | None
    withdrawn_at: datetime | None
    service_request_ids: list[RequestIdText]
    device_ids: list[EuiText]
    device_count: Count
    statuses: list[SaidStatus]
    comms_hub_id: EuiText | None
    firmware_version: FirmwareVersionText | None
    gbcs: GbcsMessage | None
    image: CarriedImage | None
    stage_report: StageReportOrigin | None
    text: str | None
    text_is_whole: bool
    body_is_kept: bool


_NOTHING = Contents(shown=None)


def message(answer: MessageAnswer) -> Message:
    """Return the message as its viewer sees it."""
    contents = answer.contents or _NOTHING
    shown, report = contents.shown, contents.report
    return Message(
        message_id=answer.message_id,
        kind=answer.kind,
        code=None if answer.code is None else _code(answer.code),
        response_id=None if answer.response_id is None else str(answer.response_id),
        request_id=None if contents.request_id is None else str(contents.request_id),
        service_reference_variant=contents.service,
        user_id=eui_text(answer.user_id),
        sent_by_user=answer.is_from_user,
        occurred_at=answer.occurred_at,
        recorded_at=answer.recorded_at,
        device_time=contents.device_time,
        withdrawn_at=answer.withdrawn_at,
        service_request_ids=list(map(str, contents.requests)),
        device_ids=list(map(str, contents.devices)),
        device_count=contents.device_count,
        statuses=[SaidStatus(each.status, each.reason, each.devices) for each in contents.said],
        comms_hub_id=eui_text(contents.comms_hub_id),
        firmware_version=contents.firmware_version,
        gbcs=None if contents.gbcs is None else _gbcs(contents.gbcs),
        image=None if answer.image is None else _image(answer.image),
        stage_report=None if report is None else StageReportOrigin(report.source, report.event_id),
        text=None if shown is None else shown.text,
        text_is_whole=shown is not None and shown.is_whole,
        body_is_kept=answer.has_body,
    )


def _code(code: str) -> MessageCode:
    row = code_row(code)
    sureness = "unknown" if row is None else row.sureness.name.lower()
    return MessageCode(code=code, text=code_text(code), sureness=sureness)


def _gbcs(found: GbcsDescription) -> GbcsMessage:
    return GbcsMessage(
        message_code=found.message_code,
        name=found.name,
        originator=eui_text(found.originator),
        recipient=eui_text(found.recipient),
        originator_counter=found.originator_counter,
        alert_code=found.alert_code,
        result=found.result,
        firmware_version=found.firmware_version,
        image_hash=None if found.image_hash is None else found.image_hash.hex(),
        device_time=found.device_time,
        activation_counter=found.activation_counter,
        problem=found.problem,
    )


def _image(found: facts.ImageFacts) -> CarriedImage:
    image_hash = found.manufacturer_image_hash
    return CarriedImage(
        size_bytes=found.size_bytes,
        image_hash=None if image_hash is None else image_hash.hex(),
        header_version=found.header_version,
        manufacturer_code=found.manufacturer_code,
        image_type=found.image_type,
        header_string=found.header_string,
        minimum_hardware_version=found.minimum_hardware_version,
        maximum_hardware_version=found.maximum_hardware_version,
        problem=found.problem,
    )
