"""The cast of the API's tests, and the messages that they send."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from firmtrack.accounts.kinds import PartyKind, TokenScope
from firmtrack.accounts.models import Party
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.tokens import create_token
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Status, Variant
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write

ALPHA_ID = Eui64.parse("90-B3-D5-1F-30-01-00-00")
BRAVO_ID = Eui64.parse("90-B3-D5-1F-30-02-00-00")
DCC_ID = Eui64.parse("90-B3-D5-1F-30-00-00-02")
HUB = Eui64.parse("00-DB-12-34-56-78-90-0C")
METERS = tuple(Eui64(0x00DB1234567890A0 + number) for number in range(5))
DISPLAY = Eui64.parse("00-DB-12-34-56-78-90-1D")
UNKNOWN_METER = Eui64.parse("00-DB-FF-FF-FF-FF-FF-FF")

REQUEST_ID = RequestId(ALPHA_ID, DCC_ID, 1000)
UNKNOWN_REQUEST_ID = RequestId(ALPHA_ID, DCC_ID, 9999)
VERSION = FirmwareVersion("0A0B0C0D")
MORNING = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)

_counters = count(1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """One party's tokens."""

    read: str
    intake: str


@dataclass(frozen=True, slots=True)
class Cast:
    """Alpha and Bravo, suppliers; DCC's operator; a stranger with no User ID at all."""

    alpha: Tokens
    bravo: Tokens
    dcc: Tokens
    stranger: Tokens


def make_cast() -> Cast:
    return Cast(
        alpha=_tokens(add_party("Alpha", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])),
        bravo=_tokens(add_party("Bravo", PartyKind.SMALL_SUPPLIER, [BRAVO_ID])),
        dcc=_tokens(add_party("DCC", PartyKind.DCC, [])),
        stranger=_tokens(add_party("Stranger", PartyKind.SMALL_SUPPLIER, [])),
    )


def _tokens(party: Party) -> Tokens:
    now = datetime.now(UTC)
    return Tokens(
        read=create_token(party, TokenScope.READ, created_at=now),
        intake=create_token(party, TokenScope.INTAKE, created_at=now),
    )


def update_firmware(
    request_id: RequestId = REQUEST_ID, device_ids: tuple[Eui64, ...] = METERS
) -> bytes:
    """Return an 11.1 for METERS."""
    return write(
        d.UpdateFirmwareRequest(
            request_id=request_id,
            variant=Variant.UPDATE_FIRMWARE,
            firmware_image=b"not a firmware image, and told so",
            firmware_version=VERSION,
            device_ids=device_ids,
        )
    )


def accepted_but_for(*left_out: Eui64) -> bytes:
    """Return DCC's answer to the 11.1: these have another request in progress."""
    return write(
        d.UpdateFirmwareResponse(
            response_id=_response_id(),
            request_id=REQUEST_ID,
            response_code="W110101" if left_out else "I0",
            responded_at=MORNING + timedelta(minutes=1),
            variant=Variant.UPDATE_FIRMWARE,
            left_out={"other_request_in_progress": left_out},
        )
    )


def delivered_to_hub(device_id: Eui64, *, is_success: bool) -> bytes:
    """Return DCC's alert that the image reached the device's hub, or did not."""
    status = d.CommsHubTransferStatus.SUCCESS if is_success else d.CommsHubTransferStatus.FAILURE
    return write(
        d.DccAlert(
            response_id=_response_id(),
            responded_at=MORNING + timedelta(hours=2),
            alert_code="N60" if is_success else "N61",
            body=d.CspFirmwareDeliveryStatus(
                update_firmware_request_id=REQUEST_ID,
                comms_hub_device_id=HUB,
                target_device_id=device_id,
                firmware_version=VERSION,
                time_stamp=MORNING + timedelta(hours=1),
                comms_hub_transfer_status=status,
            ),
        )
    )


def inventory_of(device_id: Eui64, device_type: str = "ESME") -> bytes:
    """Return DCC's answer to an 8.2 about one device."""
    return write(
        d.ReadInventoryResponse(
            response_id=_response_id(),
            request_id=RequestId(ALPHA_ID, DCC_ID, 2000),
            responded_at=MORNING,
            devices=(
                d.InventoryDevice(
                    device_id=device_id,
                    device_type=device_type,
                    manufacturer="00AB",
                    model="0001",
                    device_status="Commissioned",
                    csp_region="North",
                ),
            ),
        )
    )


def power_outage() -> bytes:
    """Return a well-formed alert that is not about firmware."""
    return write(
        d.DccAlert(
            response_id=_response_id(),
            responded_at=MORNING,
            alert_code="AD1",
            body=d.PowerOutageEvent(
                comms_hub_device_id=HUB, start_date_time=MORNING, import_mpxn="1200012345678"
            ),
        )
    )


def stage_report(report_id: str, status: Status = Status.SENT_TO_CSP, **data: Any) -> bytes:
    """Return a stage report of DCC's about the whole request."""
    return json.dumps(
        {
            "specversion": "1.0",
            "type": "firmtrack.stage-report.v1",
            "source": "/dsp",
            "id": report_id,
            "data": {
                "service_request_id": str(REQUEST_ID),
                "device_ids": "all",
                "status": status.value,
                "reason": None,
                "occurred_at": "2026-03-01T09:30:00Z",
            }
            | data,
        }
    ).encode()


def _response_id() -> ResponseId:
    return ResponseId(DCC_ID, ALPHA_ID, next(_counters))
