"""Messages into octets: DUIS documents signed by whoever sends them, stage reports as JSON."""

import json
from collections.abc import Mapping

from firmtrack.domain.identifiers import Eui64
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.simulator.device_messages import device_alert, device_answer
from firmtrack.simulator.image import build_image
from firmtrack.simulator.output import rfc3339
from firmtrack.simulator.pki import DCC_ROLE, SUPPLIER_ROLE, IssuingAuthority, Signatory, key_of
from firmtrack.simulator.post import (
    ActivationAnswerSent,
    Content,
    DeviceAlertSent,
    DeviceAnswerSent,
    FutureDatedAlertSent,
    StageReport,
    UpdateRequest,
    VersionReadSent,
)
from firmtrack.simulator.world import DCC

_STAGE_REPORT_TYPE = "firmtrack.stage-report.v1"
_STAGE_REPORT_SOURCE = "urn:firmtrack:simulator:dsp"


class Encoder:
    """Writes what is sent as it goes over the wire.

    All devices sign with one test key: no one here holds the certificates of devices.
    """

    def __init__(self, seed: int, suppliers: tuple[Eui64, ...]) -> None:
        authority = IssuingAuthority(seed)
        self._dcc = authority.certify(DCC, role=DCC_ROLE)
        self._suppliers = {eui: authority.certify(eui, role=SUPPLIER_ROLE) for eui in suppliers}
        self._device_key = key_of(seed, "devices")

    @property
    def signatories(self) -> tuple[Signatory, ...]:
        """Every party that signs: DCC first."""
        return (self._dcc, *self._suppliers.values())

    def octets_of(self, content: Content) -> bytes:
        """Return the message as sent; the same content gives the same octets."""
        match content:
            case StageReport():
                return _cloud_event(content)
            case UpdateRequest():
                return self._signed(_update_request(content))
            case DeviceAlertSent():
                return self._signed(device_alert(content, self._device_key))
            case DeviceAnswerSent():
                return self._signed(device_answer(content, self._device_key))
            case _:
                return self._signed(content)

    def _signed(self, document: d.Document) -> bytes:
        who = self._dcc
        if isinstance(document, d.RequestDocument):
            who = self._suppliers[document.request_id.originator]
        return write(document, signer=who.signer)


def file_name_of(number: int, content: Content) -> str:
    """Return the name of a message's file: its place in the order of sending, and its kind."""
    if isinstance(content, StageReport):
        return f"{number:08d}-stage-report.json"
    kind = content.body if isinstance(content, d.DccAlert) else content
    return f"{number:08d}-{_KINDS[type(kind)]}.xml"


_KINDS: Mapping[type, str] = {
    UpdateRequest: "update-firmware-request",
    DeviceAlertSent: "device-alert",
    d.DevicePrenotification: "device-prenotification",
    VersionReadSent: "firmware-version",
    ActivationAnswerSent: "activation-answer",
    FutureDatedAlertSent: "future-dated-activation",
    d.ReadFirmwareVersionRequest: "read-firmware-version",
    d.ReadInventoryRequest: "read-inventory",
    d.UpdateInventoryRequest: "update-inventory",
    d.ActivateFirmwareRequest: "activate-firmware",
    d.Acknowledgement: "acknowledgement",
    d.UpdateFirmwareResponse: "update-firmware-response",
    d.ReadInventoryResponse: "read-inventory-response",
    d.CspFirmwareDeliveryStatus: "csp-firmware-delivery-status",
    d.CommsHubAlert: "comms-hub-alert",
    d.FirmwareDistributionFailure: "firmware-distribution-failure",
    d.FirmwareUpgradeRequested: "firmware-upgrade-requested",
    d.PpmidAlert: "ppmid-alert",
    d.CommandFailure: "command-failure",
    d.DeviceStatusChangeEvent: "device-status-change",
    d.CommsHubFirmwareActivation: "comms-hub-firmware-activation",
    d.PowerOutageEvent: "power-outage",
    d.FirmwareVersionMismatch: "firmware-version-mismatch",
    d.DeviceChangeOfSupplier: "change-of-supplier",
}


def _update_request(sent: UpdateRequest) -> d.UpdateFirmwareRequest:
    update = sent.update
    return d.UpdateFirmwareRequest(
        request_id=update.request_id,
        variant=update.variant,
        firmware_image=build_image(update.image),
        firmware_version=update.firmware_version,
        device_ids=tuple(named.device_id for named in update.named),
    )


def _cloud_event(report: StageReport) -> bytes:
    at = rfc3339(report.occurred_at)
    device_ids = "all" if report.device_ids is None else [str(one) for one in report.device_ids]
    event = {
        "specversion": "1.0",
        "id": str(report.counter),
        "source": _STAGE_REPORT_SOURCE,
        "type": _STAGE_REPORT_TYPE,
        "time": at,
        "datacontenttype": "application/json",
        "data": {
            "service_request_id": str(report.request_id),
            "device_ids": device_ids,
            "status": report.status,
            "reason": report.reason,
            "occurred_at": at,
        },
    }
    return json.dumps(event, separators=(",", ":")).encode()
