"""What happens after the images have arrived: activations, and a change of supplier."""

from collections.abc import Iterable
from datetime import timedelta
from hashlib import sha256

from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.store.ledger.inventory import ImportedRow, RepeatedDevice, import_rows
from tests.api.world import ALPHA_ID, BRAVO_ID, DCC_ID, MORNING
from tests.unit.duis.samples import ota_image

LOST = Eui64.parse("00-DB-12-34-56-78-90-B1")
"""DCC got no answer to the activation of its image, and holds it as Suspended."""

MOVED = Eui64.parse("00-DB-12-34-56-78-90-B2")
"""Bravo became its Responsible Supplier after Alpha's request."""

REQUEST_ID = RequestId(ALPHA_ID, DCC_ID, 3000)
"""Alpha's 11.1 for both."""

ACTIVATION_ID = RequestId(ALPHA_ID, LOST, 3001)
UNDISTRIBUTED_ID = RequestId(ALPHA_ID, LOST, 2999)
"""Alpha's 11.3 for an image that it sent to nobody."""

STATED, IN_HEADER = FirmwareVersion("0123ABCE"), FirmwareVersion("0123ABCD")
_CONTENT = b"a whole image"


def messages() -> Iterable[bytes]:
    """Yield what Alpha sends and gets."""
    hour = timedelta(hours=1)
    yield write(
        d.UpdateFirmwareRequest(
            request_id=REQUEST_ID,
            variant=Variant.UPDATE_FIRMWARE,
            firmware_image=ota_image(_CONTENT),
            firmware_version=STATED,
            device_ids=(LOST, MOVED),
        )
    )
    yield write(
        d.UpdateFirmwareResponse(
            response_id=ResponseId(DCC_ID, ALPHA_ID, 3000),
            request_id=REQUEST_ID,
            response_code="I0",
            responded_at=MORNING + hour,
            variant=Variant.UPDATE_FIRMWARE,
            left_out={},
        )
    )
    for request_id, image in ((ACTIVATION_ID, _CONTENT), (UNDISTRIBUTED_ID, b"another")):
        yield write(
            d.ActivateFirmwareRequest(
                request_id=request_id,
                firmware_hash=sha256(image).digest(),
                execution_date_time=MORNING + timedelta(days=3),
            )
        )
    yield write(
        d.DccAlert(
            response_id=ResponseId(DCC_ID, ALPHA_ID, 3003),
            responded_at=MORNING + 2 * hour,
            alert_code="N13",
            body=d.CommandFailure(command_request_id=ACTIVATION_ID, device_id=LOST),
        )
    )
    yield write(
        d.ReadInventoryResponse(
            response_id=ResponseId(DCC_ID, ALPHA_ID, 3004),
            request_id=RequestId(ALPHA_ID, DCC_ID, 3004),
            responded_at=MORNING + 3 * hour,
            devices=(
                d.InventoryDevice(
                    device_id=LOST,
                    device_type="ESME",
                    manufacturer="00AB",
                    model="0001",
                    device_status="Suspended",
                ),
            ),
        )
    )


def import_supplier() -> None:
    """Import that Bravo is the Responsible Supplier of MOVED, as an operator does."""
    facts = DeviceFacts(
        device_id=MOVED, learnt_at=MORNING + timedelta(days=1), responsible_supplier=BRAVO_ID
    )
    import_rows([ImportedRow(1, facts)], refuse=_refuse, is_wanted=lambda: True)


def _refuse(repeated: RepeatedDevice) -> None:
    raise AssertionError(repeated)
