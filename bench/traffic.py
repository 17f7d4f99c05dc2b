"""Signed DUIS traffic for the benchmarks."""

import io
import tarfile
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from bench.scene import DCC, START, USER, VERSION
from firmtrack.domain.identifiers import Eui64, RequestId, ResponseId
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.simulator.image import ImagePlan, build_image
from firmtrack.simulator.output import write_trust_store
from firmtrack.simulator.pki import DCC_ROLE, SUPPLIER_ROLE, IssuingAuthority


class Signatories:
    """DCC and one supplier, with their certificates."""

    def __init__(self) -> None:
        authority = IssuingAuthority(seed=1)
        self.dcc = authority.certify(DCC, role=DCC_ROLE)
        self.supplier = authority.certify(USER, role=SUPPLIER_ROLE)

    def trust_store(self, directory: Path) -> Path:
        """Write the certificates and return the directory."""
        write_trust_store(directory, (self.dcc, self.supplier))
        return directory


def alert(request_id: RequestId, device_id: Eui64, number: int, who: Signatories) -> bytes:
    """Return a signed CSPFirmwareDeliveryStatus alert."""
    at = START + timedelta(hours=3, seconds=number % 3_000)
    document = d.DccAlert(
        response_id=ResponseId(DCC, USER, number),
        responded_at=at,
        alert_code="N60",
        body=d.CspFirmwareDeliveryStatus(
            update_firmware_request_id=request_id,
            comms_hub_device_id=Eui64(device_id + 1),
            target_device_id=device_id,
            firmware_version=VERSION,
            time_stamp=at,
            comms_hub_transfer_status=d.CommsHubTransferStatus.SUCCESS,
        ),
    )
    return write(document, signer=who.dcc.signer)


def update_firmware(
    request_id: RequestId, device_ids: Sequence[Eui64], image_bytes: int, who: Signatories
) -> bytes:
    """Return a signed 11.1 request with a real image of that size."""
    image = build_image(
        ImagePlan(
            seed=1,
            firmware_version=VERSION,
            manufacturer_code=0x1001,
            image_type=1,
            header_string="benchmark",
            minimum_hardware_version=1,
            maximum_hardware_version=2,
            size_bytes=image_bytes,
            has_trailer=True,
        )
    )
    document = d.UpdateFirmwareRequest(
        request_id=request_id,
        variant=Variant.UPDATE_FIRMWARE,
        firmware_image=image,
        firmware_version=VERSION,
        device_ids=tuple(device_ids),
    )
    return write(document, signer=who.supplier.signer)


def write_archive(path: Path, messages: Iterable[bytes]) -> None:
    """Write the messages into a .tar.gz, one member each."""
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        for number, message in enumerate(messages):
            member = tarfile.TarInfo(f"{number:08}.xml")
            member.size = len(message)
            archive.addfile(member, io.BytesIO(message))
