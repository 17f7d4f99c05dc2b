"""A small world to look at: two suppliers, their people, DCC's, and what happened to requests."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.models import Party, User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.people import add_user
from firmtrack.domain.facts import (
    DeviceFacts,
    Message,
    MessageKind,
)
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Status, Variant
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.store.database import pool
from firmtrack.store.ledger.recording import Batch, record
from firmtrack.store.reports import performance
from tests.pages import activations
from tests.pages.messages import (
    ALPHA_ID,
    BRAVO_ID,
    BROKER,
    HUB,
    IMAGE_HASH,
    SUBMITTED,
    VERSION,
    answer,
    delivered,
    event_message,
    message,
    request,
)

PASSWORD = "a long way to the meter"

IN_SUMMER = datetime(2026, 7, 1, 9, 12, tzinfo=UTC)

DEVICES = tuple(Eui64(0x00DB123456789000 + number) for number in range(120))
LARGE_REQUEST = RequestId(ALPHA_ID, BROKER, 2000)
"""Alpha's 11.1 for DEVICES."""

(
    VERIFIED,
    REFUSED_BY_NAME,
    NOT_DELIVERED,
    UNPUBLISHED_REASON,
    UNKNOWN_REASON,
    DISCARDED,
    UNDER_WAY,
    *_OTHERS,
) = DEVICES

PPMID = Eui64.parse("00-DB-12-34-56-78-AA-01")
PPMID_REQUEST = RequestId(ALPHA_ID, BROKER, 1001)
"""Alpha's 11.4, of July: activated."""

REFUSED_REQUEST = RequestId(ALPHA_ID, BROKER, 1002)
"""Alpha's 11.1 for UNDER_WAY, refused as a whole."""

STUB_REQUEST = RequestId(ALPHA_ID, BROKER, 1003)
"""Alpha's, of which only an alert was ever seen."""

BRAVO_REQUEST = RequestId(BRAVO_ID, BROKER, 1)
BRAVO_DEVICE = Eui64.parse("00-DB-12-34-56-78-BB-01")
SHARED_DEVICE = Eui64.parse("00-DB-12-34-56-78-BB-02")
"""Of its type Bravo was told, of its model, an hour later, Alpha."""

COMMS_HUB = Eui64.parse("00-DB-12-34-56-78-CC-01")
DISPLAY = Eui64.parse("00-DB-12-34-56-78-CC-02")
SMETS1_METER = Eui64.parse("00-DB-12-34-56-78-CC-03")

ALPHAS_MESSAGE = UUID(int=0xA1FA << 112)
"""DCC's answer to LARGE_REQUEST, of which the octets are kept."""

BRAVOS_MESSAGE = UUID(int=0xB12A << 112)
"""BRAVO_REQUEST itself."""

UNKNOWN_MESSAGE = UUID(int=0xFFFF << 112)

UNKNOWN_REQUEST = RequestId(ALPHA_ID, BROKER, 999_999)
UNKNOWN_DEVICE = Eui64.parse("FF-FF-FF-FF-FF-FF-FF-01")


@dataclass(frozen=True, slots=True)
class Cast:
    """The people: Ada of Alpha, Ben of Bravo, Olga of DCC, and a stranger with no User ID."""

    ada: User
    ben: User
    olga: User
    stranger: User


def people() -> Cast:
    """Return the cast, newly made."""
    alpha = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    bravo = add_party("Bravo Power", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])
    dcc = add_party("DCC", PartyKind.DCC, [])
    nobody = add_party("Nobody", PartyKind.SMALL_SUPPLIER, [])
    return Cast(
        ada=add_user("ada@alpha.example", alpha, PASSWORD),
        ben=add_user("ben@bravo.example", bravo, PASSWORD),
        olga=add_user("olga@dcc.example", dcc, PASSWORD),
        stranger=add_user("stranger@nobody.example", nobody, PASSWORD),
    )


def hand_in(message_id: UUID, party: Party) -> None:
    """Have a message of this world be one that a party handed in."""
    with pool().connection() as connection:
        for table in ("dated_message", "undated_message"):
            connection.execute(
                f"UPDATE {table} SET submitter = %s WHERE message_id = %s".encode(),
                (party.name, message_id),
            )


def tell() -> None:
    """Record everything that happened in this world, and count it as a server would."""
    record(Batch(messages=(*_messages(), *activations.messages())))
    activations.import_suppliers()
    performance.refresh()


def _messages() -> Iterable[Message]:
    yield from _large_request()
    yield from _ppmid_request()
    yield from _other_requests()
    yield from _inventory()


def _large_request() -> Iterable[Message]:
    at = SUBMITTED
    yield request(LARGE_REQUEST, Variant.UPDATE_FIRMWARE, DEVICES, at)
    answered_at = at + timedelta(minutes=1)
    response_id = ResponseId(BROKER, ALPHA_ID, 4711)
    refused = (REFUSED_BY_NAME, "not_applicable_firmware")
    yield replace(
        answer(LARGE_REQUEST, Variant.UPDATE_FIRMWARE, "W110101", answered_at, refused=(refused,)),
        digest=ALPHAS_MESSAGE.bytes.ljust(32, b"\0"),
        response_id=response_id,
        body=write(
            d.UpdateFirmwareResponse(
                response_id=response_id,
                request_id=LARGE_REQUEST,
                response_code="W110101",
                responded_at=answered_at,
                variant=Variant.UPDATE_FIRMWARE,
                left_out={"not_applicable_firmware": (REFUSED_BY_NAME,)},
            )
        ),
    )
    hour = timedelta(hours=1)
    for number, device in enumerate(DEVICES[6:40]):
        yield delivered(device, at + 20 * hour + timedelta(minutes=number), LARGE_REQUEST)
    yield delivered(VERIFIED, at + 26 * hour, LARGE_REQUEST)
    yield event_message(
        MessageKind.FIRMWARE_TRANSFER_ALERT,
        "N62",
        VERIFIED,
        Status.TRANSFERRED_TO_DEVICE,
        at + 27 * hour,
        None,
        firmware_version=VERSION,
        device_time=at + 27 * hour,
        comms_hub_id=HUB,
    )
    yield event_message(
        MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT,
        "8F72",
        VERIFIED,
        Status.VERIFIED,
        at + 28 * hour,
        None,
        image_hash=IMAGE_HASH,
        device_time=datetime(2015, 1, 1, 0, 3, tzinfo=UTC),
    )
    yield delivered(NOT_DELIVERED, at + 30 * hour, LARGE_REQUEST, reason="N61")
    yield delivered(UNPUBLISHED_REASON, at + 30 * hour, LARGE_REQUEST, reason="N45")
    yield delivered(UNKNOWN_REASON, at + 30 * hour, LARGE_REQUEST, reason="X77")
    yield delivered(DISCARDED, at + 30 * hour, LARGE_REQUEST)
    yield event_message(
        MessageKind.FIRMWARE_TRANSFER_ALERT,
        "N62",
        DISCARDED,
        Status.DEVICE_TRANSFER_FAILED,
        at + 31 * hour,
        LARGE_REQUEST,
        reason="image_discarded",
        comms_hub_id=HUB,
        firmware_version=VERSION,
    )
    yield event_message(
        MessageKind.FIRMWARE_DISTRIBUTION_RECEIPT_ALERT,
        "8F72",
        UNDER_WAY,
        Status.VERIFIED,
        at - 48 * hour,
        None,
        image_hash=bytes(32),
    )


def _ppmid_request() -> Iterable[Message]:
    at = IN_SUMMER
    yield request(PPMID_REQUEST, Variant.UPDATE_PPMID_FIRMWARE, [PPMID], at)
    yield answer(PPMID_REQUEST, Variant.UPDATE_PPMID_FIRMWARE, "I0", at + timedelta(minutes=1))
    yield event_message(
        MessageKind.PPMID_FIRMWARE_UPGRADE_ALERT,
        "N57",
        PPMID,
        Status.ACTIVATED,
        at + timedelta(days=2),
        None,
        firmware_version=VERSION,
    )


def _other_requests() -> Iterable[Message]:
    later = SUBMITTED + timedelta(days=3)
    yield request(REFUSED_REQUEST, Variant.UPDATE_FIRMWARE, [UNDER_WAY], later)
    yield answer(REFUSED_REQUEST, Variant.UPDATE_FIRMWARE, "E110101", later + timedelta(seconds=2))
    yield delivered(DEVICES[50], later, STUB_REQUEST)
    yield replace(
        request(BRAVO_REQUEST, Variant.UPDATE_FIRMWARE, [BRAVO_DEVICE], later, user_id=BRAVO_ID),
        digest=BRAVOS_MESSAGE.bytes.ljust(32, b"\0"),
    )


def _inventory() -> Iterable[Message]:
    at = SUBMITTED - timedelta(days=1)
    later = at + timedelta(hours=1)
    described = (
        DeviceFacts(
            device_id=VERIFIED,
            learnt_at=at,
            device_type="ESME",
            smets_version="5.1",
            csp_region="North",
            manufacturer="1234",
            model="ABCD1234",
            device_status="Commissioned",
            firmware_version=FirmwareVersion("01020309"),
            firmware_version_status="Active",
            gbcs_version="4.1",
        ),
        DeviceFacts(device_id=COMMS_HUB, learnt_at=at, device_type="CHF", csp_region="South"),
        DeviceFacts(device_id=DISPLAY, learnt_at=at, device_type="IHD"),
        DeviceFacts(device_id=SMETS1_METER, learnt_at=at, device_type="ESME", csp_region="SMETS1"),
    )
    yield message(MessageKind.INVENTORY_RESPONSE, code="I0", occurred_at=at, devices=described)
    told = (
        (BRAVO_ID, DeviceFacts(device_id=SHARED_DEVICE, learnt_at=at, device_type="GSME")),
        (ALPHA_ID, DeviceFacts(device_id=SHARED_DEVICE, learnt_at=later, model="WXYZ")),
    )
    for user_id, facts in told:
        yield message(
            MessageKind.INVENTORY_RESPONSE,
            user_id,
            code="I0",
            occurred_at=facts.learnt_at,
            devices=(facts,),
        )
