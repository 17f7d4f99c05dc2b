"""A small cast, and messages as facts, for the store's tests: no DUIS is read here."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

from firmtrack.answers.requests import DistributionAnswer, DistributionFilter
from firmtrack.domain.facts import (
    UNDATED_KINDS,
    ActivationEvent,
    AnswerFacts,
    DeviceFacts,
    Event,
    ImageFacts,
    Incident,
    IncidentKind,
    Message,
    MessageKind,
    Proposal,
    RequestFacts,
    RequestStep,
    SupplierChange,
    Verdict,
)
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import ActivationStep, Status, Variant
from firmtrack.domain.viewer import Viewer
from firmtrack.store.ledger.inventory import ImportedRow, ImportReceipt, import_rows
from firmtrack.store.ledger.recording import Batch, Receipt, record
from firmtrack.store.reading import requests

ALPHA_ID = Eui64.parse("90-B3-D5-1F-30-01-00-00")
BRAVO_ID = Eui64.parse("90-B3-D5-1F-30-02-00-00")
DCC_ID = Eui64.parse("90-B3-D5-1F-30-00-00-02")
HUB = Eui64.parse("00-DB-12-34-56-78-90-0C")

DCC = Viewer.of_dcc("DCC's operator")
ALPHA = Viewer.of_user_ids("Ada of Alpha", [ALPHA_ID])
BRAVO = Viewer.of_user_ids("Ben of Bravo", [BRAVO_ID])
STRANGER = Viewer.of_user_ids("a stranger", [])

REQUEST_ID = RequestId(ALPHA_ID, DCC_ID, 1000)
VERSION = FirmwareVersion("0A0B0C0D")
OTHER_VERSION = FirmwareVersion("0A0B0C0E")
IMAGE_HASH = b"\x11" * 32
OTHER_IMAGE_HASH = b"\x22" * 32
MORNING = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

ALL = DistributionFilter()

_numbers = count(1)


def meter(number: int) -> Eui64:
    return Eui64(0x00DB_1234_0000_0000 + number)


METER = meter(1)
METERS = tuple(map(meter, range(1, 6)))


def at(minutes: float) -> datetime:
    return MORNING + timedelta(minutes=minutes)


def digest(name: object) -> bytes:
    return sha256(repr(name).encode()).digest()


def _digest_of(identity: bytes | None, kind: MessageKind, time: datetime | None) -> bytes:
    """Return another digest for another time, where the time is a part of the message.

    Digests of identities have the order of these.
    """
    if identity is None:
        return digest(next(_numbers))
    return identity if kind in UNDATED_KINDS else identity[:8] + digest(time)[:24]


def message_of(
    identity: bytes | None, kind: MessageKind, occurred_at: datetime | None, **said: Any
) -> Message:
    """Return a message of this identity, or one of its own; a dated one always has a time."""
    if kind not in UNDATED_KINDS:
        occurred_at = occurred_at or MORNING
    return Message(
        digest=_digest_of(identity, kind, occurred_at), kind=kind, occurred_at=occurred_at, **said
    )


def request(
    request_id: RequestId = REQUEST_ID,
    device_ids: Iterable[Eui64] = METERS,
    *,
    sent_at: datetime | None = None,
    version: FirmwareVersion = VERSION,
    image_hash: bytes | None = IMAGE_HASH,
    header_version: FirmwareVersion | None = None,
    variant: Variant = Variant.UPDATE_FIRMWARE,
    identity: bytes | None = None,
) -> Message:
    return message_of(
        identity,
        MessageKind.UPDATE_FIRMWARE_REQUEST,
        sent_at,
        body=b"a request",
        user_id=request_id.originator,
        request=RequestFacts(
            request_id=request_id,
            variant=variant,
            firmware_version=version,
            image=ImageFacts(
                size_bytes=1000, manufacturer_image_hash=image_hash, header_version=header_version
            ),
            device_ids=tuple(device_ids),
            sent_at=sent_at,
        ),
    )


def answer(
    request_id: RequestId = REQUEST_ID,
    *,
    answered_at: datetime = MORNING,
    code: str = "I0",
    refused: Iterable[Eui64] = (),
    variant: Variant = Variant.UPDATE_FIRMWARE,
    identity: bytes | None = None,
) -> Message:
    is_refusal = code.startswith("E")
    return message_of(
        identity,
        MessageKind.UPDATE_FIRMWARE_RESPONSE,
        answered_at,
        body=b"an answer",
        user_id=request_id.originator,
        code=code,
        answer=AnswerFacts(
            request_id=request_id, variant=variant, response_code=code, answered_at=answered_at
        ),
        steps=(
            RequestStep(
                request_id=request_id,
                status=Status.REJECTED if is_refusal else Status.ACCEPTED,
                occurred_at=answered_at,
                reason=code if is_refusal else None,
            ),
        ),
        events=tuple(
            Event(
                device_id=device_id,
                status=Status.REJECTED,
                occurred_at=answered_at,
                request_id=request_id,
                reason="not_commissioned",
            )
            for device_id in refused
        ),
    )


def step(
    status: Status,
    occurred_at: datetime,
    *,
    request_id: RequestId = REQUEST_ID,
    reason: str | None = None,
    identity: bytes | None = None,
) -> Message:
    """Return a stage report about a whole request."""
    return message_of(
        identity,
        MessageKind.STAGE_REPORT,
        occurred_at,
        body=b"a stage report",
        steps=(
            RequestStep(
                request_id=request_id, status=status, occurred_at=occurred_at, reason=reason
            ),
        ),
    )


def reported(
    status: Status,
    occurred_at: datetime,
    device_ids: Iterable[Eui64] = (METER,),
    *,
    request_id: RequestId | None = REQUEST_ID,
    reason: str | None = None,
    version: FirmwareVersion | None = None,
    image_hash: bytes | None = None,
    user_id: Eui64 = ALPHA_ID,
    identity: bytes | None = None,
) -> Message:
    """Return an alert about devices; without ``request_id`` it is a loose one."""
    return message_of(
        identity,
        MessageKind.FIRMWARE_TRANSFER_ALERT,
        occurred_at,
        body=b"an alert",
        user_id=user_id,
        code="N62",
        events=tuple(
            Event(
                device_id=device_id,
                status=status,
                occurred_at=occurred_at,
                request_id=request_id,
                reason=reason,
                comms_hub_id=HUB,
                firmware_version=version,
                image_hash=image_hash,
            )
            for device_id in device_ids
        ),
    )


def inventory(
    learnt_at: datetime | None,
    device_id: Eui64 = METER,
    *,
    user_id: Eui64 | None = ALPHA_ID,
    kind: MessageKind = MessageKind.INVENTORY_RESPONSE,
    identity: bytes | None = None,
    **facts: object,
) -> Message:
    return message_of(
        identity,
        kind,
        learnt_at,
        body=b"an inventory",
        user_id=user_id,
        devices=(DeviceFacts(device_id=device_id, learnt_at=learnt_at, **facts),),  # type: ignore[arg-type]  # facts of the right types
    )


def proposed(
    device_id: Eui64 = METER,
    *,
    user_id: Eui64 = ALPHA_ID,
    counter: int = 1,
    kind: MessageKind = MessageKind.DEVICE_PRE_NOTIFICATION,
    identity: bytes | None = None,
    **facts: object,
) -> Message:
    """Return a User's request to enter facts of a device in DCC's inventory."""
    return message_of(
        identity,
        kind,
        None,
        body=b"a proposal",
        user_id=user_id,
        proposal=Proposal(
            request_id=RequestId(user_id, DCC_ID, counter),
            facts=DeviceFacts(device_id=device_id, learnt_at=None, **facts),  # type: ignore[arg-type]  # facts of the right types
        ),
    )


def verdict(
    answered_at: datetime,
    *,
    user_id: Eui64 = ALPHA_ID,
    counter: int = 1,
    is_accepted: bool = True,
    identity: bytes | None = None,
) -> Message:
    """Return DCC's answer to what ``proposed`` returns."""
    return message_of(
        identity,
        MessageKind.INVENTORY_UPDATE_RESPONSE,
        answered_at,
        body=b"a verdict",
        user_id=user_id,
        code="I0" if is_accepted else "E4",
        verdict=Verdict(
            request_id=RequestId(user_id, DCC_ID, counter),
            is_accepted=is_accepted,
            answered_at=answered_at,
        ),
    )


def activation(
    step: ActivationStep,
    occurred_at: datetime | None,
    *,
    originator: Eui64 = ALPHA_ID,
    device_id: Eui64 = METER,
    counter: int = 1,
    kind: MessageKind | None = None,
    reason: str | None = None,
    version: FirmwareVersion | None = None,
    image_hash: bytes | None = None,
    scheduled_for: datetime | None = None,
    identity: bytes | None = None,
) -> Message:
    """Return a message about an 11.3; a failure if it has a reason.

    With a device's event comes what it runs, as the reader of messages has it.
    """
    is_request = step is ActivationStep.REQUESTED
    event = ActivationEvent(
        request_id=RequestId(originator, device_id, counter),
        step=step,
        is_failed=reason is not None,
        occurred_at=occurred_at,
        reason=reason,
        firmware_version=version,
        image_hash=image_hash,
        scheduled_for=scheduled_for,
    )
    runs = DeviceFacts(device_id=device_id, learnt_at=occurred_at, firmware_version=version)
    is_answer = step is ActivationStep.ANSWERED and version is not None
    return message_of(
        identity,
        kind
        or (
            MessageKind.ACTIVATE_FIRMWARE_REQUEST
            if is_request
            else MessageKind.ACTIVATE_FIRMWARE_RESPONSE
        ),
        occurred_at,
        body=b"about an activation",
        user_id=originator,
        code=None if is_request else "I0",
        activation=event,
        devices=(runs,) if is_answer else (),
    )


def supplier_change(
    reported_at: datetime,
    device_id: Eui64 = METER,
    *,
    user_id: Eui64 = ALPHA_ID,
    identity: bytes | None = None,
) -> Message:
    return message_of(
        identity,
        MessageKind.CHANGE_OF_SUPPLIER,
        reported_at,
        body=b"a change of supplier",
        user_id=user_id,
        code="N25",
        devices=(DeviceFacts(device_id=device_id, learnt_at=reported_at, device_type="ESME"),),
        supplier_change=SupplierChange(device_id=device_id, reported_at=reported_at),
    )


def befell(kind: IncidentKind, occurred_at: datetime, **said: Any) -> Message:
    """Return an incident; of the hub that alerts name, if it names nothing else."""
    identity, user_id = said.pop("identity"), said.pop("user_id")
    is_hubs = said["request_id"] is said["device_id"] is None
    return message_of(
        identity,
        MessageKind.DEVICE_STATUS_CHANGE_EVENT,
        occurred_at,
        body=b"an incident",
        user_id=user_id,
        incidents=(
            Incident(
                kind=kind,
                occurred_at=occurred_at,
                comms_hub_id=HUB if is_hubs else None,
                **said,
            ),
        ),
    )


def imported(
    device_id: Eui64 = METER, *, learnt_at: datetime | None = None, **facts: object
) -> ImportReceipt:
    """Import one row about a device."""
    statement = DeviceFacts(device_id=device_id, learnt_at=learnt_at, **facts)  # type: ignore[arg-type]  # facts of the right types
    return import_rows([ImportedRow(1, statement)], lambda _: None, lambda: True)


def take(*messages: Message) -> Receipt:
    return record(Batch(messages=messages))


def distributions(
    request_id: RequestId = REQUEST_ID,
    wanted: DistributionFilter = ALL,
    *,
    viewer: Viewer = DCC,
    limit: int = 1_000,
) -> list[DistributionAnswer]:
    """Return all of the request's distributions, paged through."""
    found: list[DistributionAnswer] = []
    after = None
    while True:
        page = requests.list_distributions(viewer, request_id, wanted, limit=limit, after=after)
        found += page.items
        after = page.last_device_id
        if after is None:
            return found


def distribution(
    device_id: Eui64 = METER, request_id: RequestId = REQUEST_ID
) -> DistributionAnswer:
    (found,) = (each for each in distributions(request_id) if each.device_id == device_id)
    return found
