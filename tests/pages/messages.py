"""Messages as the intake hands them on, made by hand."""

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import sha256
from itertools import count

from firmtrack.domain.facts import (
    AnswerFacts,
    Event,
    ImageFacts,
    Message,
    MessageKind,
    RequestFacts,
    RequestStep,
)
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import Status, Variant

ALPHA_ID = Eui64.parse("90-B3-D5-1F-30-01-00-00")
BRAVO_ID = Eui64.parse("90-B3-D5-1F-30-02-00-00")
BROKER = Eui64.parse("90-B3-D5-1F-30-00-00-02")
HUB = Eui64.parse("00-DB-12-34-56-00-00-01")
SUBMITTED = datetime(2026, 11, 14, 9, 12, tzinfo=UTC)
VERSION = FirmwareVersion("0102030A")
IMAGE_HASH = bytes.fromhex("7542f475e3f12eae887d81e32c46d313741d67076b13caec2f82e00ba5e1bb36")

_numbers = count(1)


def message(kind: MessageKind, user_id: Eui64 | None = ALPHA_ID, **said: object) -> Message:
    """Return a message that nobody else has sent."""
    digest = sha256(f"{kind}/{next(_numbers)}".encode()).digest()
    return Message(digest=digest, kind=kind, body=b"<x/>", user_id=user_id, **said)  # type: ignore[arg-type] # said is Message's own fields


def request(
    request_id: RequestId,
    variant: Variant,
    devices: Iterable[Eui64],
    at: datetime,
    *,
    user_id: Eui64 = ALPHA_ID,
) -> Message:
    """Return an 11.1 or 11.4."""
    return message(
        MessageKind.UPDATE_FIRMWARE_REQUEST,
        user_id,
        occurred_at=at,
        request=RequestFacts(
            request_id=request_id,
            variant=variant,
            firmware_version=VERSION,
            image=ImageFacts(size_bytes=524_288, manufacturer_image_hash=IMAGE_HASH),
            device_ids=tuple(devices),
            sent_at=at,
        ),
    )


def answer(
    request_id: RequestId,
    variant: Variant,
    code: str,
    at: datetime,
    *,
    refused: tuple[tuple[Eui64, str], ...] = (),
    user_id: Eui64 = ALPHA_ID,
) -> Message:
    """Return DCC's answer to a request."""
    is_refusal = code.startswith("E")
    step = RequestStep(
        request_id=request_id,
        status=Status.REJECTED if is_refusal else Status.ACCEPTED,
        occurred_at=at,
        reason=code if is_refusal else None,
    )
    return message(
        MessageKind.UPDATE_FIRMWARE_RESPONSE,
        user_id,
        code=code,
        occurred_at=at,
        answer=AnswerFacts(
            request_id=request_id, variant=variant, response_code=code, answered_at=at
        ),
        steps=(step,),
        events=tuple(
            Event(
                device_id=device,
                status=Status.REJECTED,
                occurred_at=at,
                request_id=request_id,
                reason=reason,
            )
            for device, reason in refused
        ),
    )


def event_message(
    kind: MessageKind,
    code: str | None,
    device: Eui64,
    status: Status,
    at: datetime,
    request_id: RequestId | None,
    *,
    user_id: Eui64 = ALPHA_ID,
    **more: object,
) -> Message:
    """Return a message with one event."""
    event = Event(device_id=device, status=status, occurred_at=at, request_id=request_id, **more)  # type: ignore[arg-type] # more is Event's own fields
    return message(kind, user_id, code=code, occurred_at=at, events=(event,))


def delivered(
    device: Eui64, at: datetime, request_id: RequestId, reason: str | None = None
) -> Message:
    """Return word of the image's delivery to the hub, or of its failure."""
    return event_message(
        MessageKind.CSP_FIRMWARE_DELIVERY_STATUS,
        reason or "N60",
        device,
        Status.COMMS_HUB_DELIVERY_FAILED if reason else Status.DELIVERED_TO_COMMS_HUB,
        at,
        request_id,
        reason=reason,
        comms_hub_id=HUB,
        firmware_version=VERSION,
    )
