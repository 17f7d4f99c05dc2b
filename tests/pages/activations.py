"""What happened after the images were verified: activations, and a change of supplier."""

from collections.abc import Iterable
from datetime import timedelta

from firmtrack.domain.activation import CANCELLING
from firmtrack.domain.facts import (
    ActivationEvent,
    DeviceFacts,
    ImageFacts,
    Message,
    MessageKind,
    RequestFacts,
    SupplierChange,
)
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import ActivationStep, Status, Variant
from firmtrack.store.ledger.inventory import ImportedRow, RepeatedDevice, import_rows
from tests.pages.messages import (
    ALPHA_ID,
    BRAVO_ID,
    BROKER,
    IMAGE_HASH,
    SUBMITTED,
    VERSION,
    answer,
    delivered,
    event_message,
    message,
    request,
)

OLD_VERSION = FirmwareVersion("01020309")
OTHER_HASH = bytes(range(32))

RUNNING = Eui64.parse("00-DB-12-34-56-78-DD-01")
"""Verified; an activation that failed, one that was cancelled, and one that succeeded."""

LOST = Eui64.parse("00-DB-12-34-56-78-DD-02")
"""Verified; its activation was not answered, and DCC's inventory has it as Suspended."""

NOT_DISTRIBUTED = Eui64.parse("00-DB-12-34-56-78-DD-03")
"""Alpha asked to activate an image that nobody sent."""

MOVED = Eui64.parse("00-DB-12-34-56-78-DD-04")
"""Under way when Bravo became its Responsible Supplier."""

ACTIVATED_REQUEST = RequestId(ALPHA_ID, BROKER, 3000)
"""Alpha's 11.1 for RUNNING and LOST."""

MOVED_REQUEST = RequestId(ALPHA_ID, BROKER, 3001)
"""Alpha's 11.1 for MOVED, whose image's header states another version."""

AT = SUBMITTED - timedelta(days=5)
_HOUR = timedelta(hours=1)


def messages() -> Iterable[Message]:
    """Yield all that happened."""
    yield request(ACTIVATED_REQUEST, Variant.UPDATE_FIRMWARE, [RUNNING, LOST], AT)
    yield answer(ACTIVATED_REQUEST, Variant.UPDATE_FIRMWARE, "I0", AT)
    for device in (RUNNING, LOST):
        yield event_message(
            MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT,
            "8F72",
            device,
            Status.VERIFIED,
            AT + 20 * _HOUR,
            None,
            image_hash=IMAGE_HASH,
        )
    yield from _running()
    yield from _lost()
    yield asked(NOT_DISTRIBUTED, 1, 30, image_hash=OTHER_HASH)
    yield from _moved()


def asked(device: Eui64, counter: int, hours: int, **said: object) -> Message:
    """Return Alpha's 11.3 for a device."""
    return _said(
        MessageKind.ACTIVATE_FIRMWARE_REQUEST,
        None,
        device,
        counter,
        hours,
        ActivationStep.REQUESTED,
        **{"image_hash": IMAGE_HASH, **said},
    )


def _said(
    kind: MessageKind,
    code: str | None,
    device: Eui64,
    counter: int,
    hours: int,
    step: ActivationStep,
    **said: object,
) -> Message:
    at = AT + hours * _HOUR
    told = ActivationEvent(
        request_id=RequestId(ALPHA_ID, device, counter),
        step=step,
        occurred_at=at,
        **said,  # type: ignore[arg-type] # said is ActivationEvent's own fields
    )
    return message(kind, code=code, occurred_at=at, activation=told)


def _running() -> Iterable[Message]:
    response = MessageKind.ACTIVATE_FIRMWARE_RESPONSE
    yield asked(RUNNING, 1, 21)
    yield _said(
        response,
        "I0",
        RUNNING,
        1,
        22,
        ActivationStep.ANSWERED,
        is_failed=True,
        reason="activation_failure",
        firmware_version=OLD_VERSION,
    )
    yield asked(RUNNING, 2, 30, scheduled_for=AT + 60 * _HOUR)
    yield _said(response, "I0", RUNNING, 2, 31, ActivationStep.SCHEDULED)
    yield asked(RUNNING, 3, 32, scheduled_for=CANCELLING)
    yield _said(response, "I0", RUNNING, 3, 33, ActivationStep.SCHEDULED)
    yield asked(RUNNING, 4, 40)
    yield _said(
        response,
        "I0",
        RUNNING,
        4,
        41,
        ActivationStep.ANSWERED,
        firmware_version=VERSION,
        device_time=AT.replace(year=2015),
    )
    yield message(
        MessageKind.FIRMWARE_VERSION_RESPONSE,
        code="I0",
        occurred_at=AT + 42 * _HOUR,
        devices=(
            DeviceFacts(
                device_id=RUNNING,
                learnt_at=AT + 42 * _HOUR,
                firmware_version=VERSION,
                smi_firmware_version=VERSION,
            ),
        ),
    )


def _lost() -> Iterable[Message]:
    yield asked(LOST, 1, 21)
    yield _said(
        MessageKind.COMMAND_FAILURE,
        "N13",
        LOST,
        1,
        24,
        ActivationStep.NOT_ANSWERED,
        is_failed=True,
        reason="N13",
    )
    yield message(
        MessageKind.INVENTORY_RESPONSE,
        code="I0",
        occurred_at=AT + 25 * _HOUR,
        devices=(
            DeviceFacts(
                device_id=LOST,
                learnt_at=AT + 25 * _HOUR,
                device_type="ESME",
                device_status="Suspended",
                firmware_version=OLD_VERSION,
                smi_firmware_version=OLD_VERSION,
            ),
        ),
    )


def _moved() -> Iterable[Message]:
    yield message(
        MessageKind.UPDATE_FIRMWARE_REQUEST,
        occurred_at=AT,
        request=RequestFacts(
            request_id=MOVED_REQUEST,
            variant=Variant.UPDATE_FIRMWARE,
            firmware_version=VERSION,
            image=ImageFacts(
                size_bytes=524_288,
                manufacturer_image_hash=OTHER_HASH,
                header_version=FirmwareVersion("FFFFFFFF"),
            ),
            device_ids=(MOVED,),
            sent_at=AT,
        ),
    )
    yield answer(MOVED_REQUEST, Variant.UPDATE_FIRMWARE, "I0", AT)
    yield delivered(MOVED, AT + 20 * _HOUR, MOVED_REQUEST)
    yield message(
        MessageKind.CHANGE_OF_SUPPLIER,
        code="N5",
        occurred_at=AT + 21 * _HOUR,
        supplier_change=SupplierChange(device_id=MOVED, reported_at=AT + 21 * _HOUR),
        devices=(DeviceFacts(device_id=MOVED, learnt_at=AT + 21 * _HOUR, device_type="GSME"),),
    )


def import_suppliers() -> None:
    """Import who was the Responsible Supplier of MOVED, as an operator does."""
    for supplier, learnt_at in ((ALPHA_ID, AT - _HOUR), (BRAVO_ID, AT + 22 * _HOUR)):
        facts = DeviceFacts(device_id=MOVED, learnt_at=learnt_at, responsible_supplier=supplier)
        import_rows([ImportedRow(1, facts)], refuse=_refuse, is_wanted=lambda: True)


def _refuse(repeated: RepeatedDevice) -> None:
    raise AssertionError(repeated)
