"""DUIS: the DCC Alert that belongs to a change, signed as DCC; one a device.

Only where a code is known to go with the body, and the body's facts are known: nothing is invented.
A body that must name the request is for its originator alone. What DCC itself said in an alert is
not said again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.conf import settings
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Status
from firmtrack.domain.topics import topic_of_status
from firmtrack.duis import documents as d
from firmtrack.duis.codes import TRANSFER_REASONS
from firmtrack.duis.signing import Signer
from firmtrack.duis.trust import BadTrustStore, eui_of_certificate
from firmtrack.duis.writer import write
from firmtrack.errors import FirmtrackError
from firmtrack.notices.grouping import Change
from firmtrack.store.numbers import eui_of as stored_eui
from firmtrack.store.numbers import request_parts, to_bigint

HEADERS = {"Content-Type": "application/xml; charset=utf-8", "User-Agent": "Firmtrack"}

# DCC Alert codes, and GBCS alert codes of the Firmware Transfer Alert: see firmtrack.duis.codes.
_DELIVERED, _NOT_DELIVERED, _HUB_ALERT, _UPGRADE_REQUESTED = "N60", "N61", "N62", "N59"
_TRANSFERRED, _NOT_TRANSFERRED = 0x8F8A, 0x8F89
_RESULT_OF_REASON = {reason: code for code, reason in TRANSFER_REASONS.items()}


class BadAlertSigner(FirmtrackError):
    """FIRMTRACK_ALERT_SIGNER is not a PEM file with a P-256 key and its certificate."""


class NoAlertSigner(FirmtrackError):
    """DCC Alerts need a key and a certificate to be signed with: set FIRMTRACK_ALERT_SIGNER."""


@dataclass(frozen=True, slots=True)
class AlertSigner:
    """Who signs alerts, and with what."""

    sender: Eui64
    signer: Signer


@dataclass(frozen=True, slots=True)
class Alert:
    """A signed DCC Alert about one device, and the change that it tells."""

    change: Change
    device_id: Eui64
    octets: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    """One device's change, and what the inventory knows of the device."""

    change: Change
    device_id: Eui64
    device_type: str | None
    comms_hub_id: Eui64 | None
    now: datetime

    @property
    def own_request(self) -> RequestId | None:
        """The request, None if it is not the told User's own."""
        return self.change.matter.service_request_id

    @property
    def version(self) -> FirmwareVersion | None:
        text = self.change.matter.firmware_version
        return None if text is None else FirmwareVersion(text)


def alert_signer() -> AlertSigner:
    """Return who signs. Raises NoAlertSigner, BadAlertSigner."""
    path: Path | None = settings.ENVIRONMENT.alert_signer
    if path is None:
        raise NoAlertSigner
    return _read_signer(path)


@cache
def _read_signer(path: Path) -> AlertSigner:
    try:
        pem = path.read_bytes()
        key = load_pem_private_key(pem, password=None)
        certificate = x509.load_pem_x509_certificate(pem)
        sender = eui_of_certificate(certificate, path)
    except (OSError, ValueError, TypeError, BadTrustStore) as error:
        raise BadAlertSigner from error
    if not isinstance(key, EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise BadAlertSigner
    return AlertSigner(
        sender, Signer(key, certificate.issuer.rfc4514_string(), certificate.serial_number)
    )


def alerts_for(
    connection: Connection[TupleRow], changes: Sequence[Change], now: datetime
) -> list[Alert]:
    """Return the alerts that tell of the changes, in their order; some changes have none.

    Raises NoAlertSigner, BadAlertSigner.
    """
    writable = [
        change
        for change in changes
        if change.matter.topic in _BODIES and not change.matter.is_from_alert
    ]
    if not writable:
        return []
    signing = alert_signer()
    coded = [
        (subject, code, body)
        for change in writable
        for subject in _subjects(connection, change, now)
        for code, body in _BODIES[change.matter.topic](subject)
    ]
    return [
        Alert(
            change=subject.change,
            device_id=subject.device_id,
            octets=write(
                d.DccAlert(
                    response_id=ResponseId(signing.sender, subject.change.matter.user_id, counter),
                    responded_at=now,
                    alert_code=code,
                    body=body,
                ),
                signer=signing.signer,
            ),
        )
        for (subject, code, body), counter in zip(
            coded, _counters(connection, len(coded)), strict=True
        )
    ]


def _counters(connection: Connection[TupleRow], count: int) -> list[int]:
    rows = connection.execute(
        "SELECT nextval('dcc_alert_counter') FROM generate_series(1, %s)", (count,)
    )
    return [row[0] for row in rows]


_DEVICES = """
SELECT named.device_id, device.device_type, device.comms_hub_id
FROM unnest(%s::bigint[]) WITH ORDINALITY AS named (device_id, place)
LEFT JOIN device USING (device_id)
ORDER BY place
"""
_DEVICES_OF_REQUEST = """
SELECT d.device_id, device.device_type, device.comms_hub_id
FROM request AS r
JOIN distribution AS d USING (request_key)
LEFT JOIN device USING (device_id)
WHERE r.originator = %s AND r.target = %s AND r.counter = %s AND NOT d.refused
ORDER BY d.device_id
"""


def _subjects(connection: Connection[TupleRow], change: Change, now: datetime) -> list[_Subject]:
    request_id = change.matter.service_request_id
    if change.device_ids is not None:
        rows = connection.execute(_DEVICES, (list(map(to_bigint, change.device_ids)),))
    else:
        assert request_id is not None  # a request as a whole is told of to its originator alone
        rows = connection.execute(_DEVICES_OF_REQUEST, request_parts(request_id))
    return [
        _Subject(
            change=change,
            device_id=stored_eui(device_id),
            device_type=device_type,
            comms_hub_id=None if comms_hub_id is None else stored_eui(comms_hub_id),
            now=now,
        )
        for device_id, device_type, comms_hub_id in rows
    ]


_Bodies = list[tuple[str, d.DccAlertBody]]


def _delivery(subject: _Subject, *, is_good: bool) -> _Bodies:
    if subject.own_request is None or subject.comms_hub_id is None or subject.version is None:
        return []
    status = d.CommsHubTransferStatus
    body = d.CspFirmwareDeliveryStatus(
        update_firmware_request_id=subject.own_request,
        comms_hub_device_id=subject.comms_hub_id,
        target_device_id=subject.device_id,
        firmware_version=subject.version,
        time_stamp=subject.change.occurred_at or subject.now,
        comms_hub_transfer_status=status.SUCCESS if is_good else status.FAILURE,
    )
    return [(_DELIVERED if is_good else _NOT_DELIVERED, body)]


def _transfer(subject: _Subject) -> _Bodies:
    reason = subject.change.matter.reason
    if subject.comms_hub_id is None or subject.version is None or reason not in _RESULT_OF_REASON:
        return []
    body = d.CommsHubAlert(
        comms_hub_device_id=subject.comms_hub_id,
        alert_code=_TRANSFERRED if reason is None else _NOT_TRANSFERRED,
        time_stamp=subject.change.occurred_at,
        firmware_transfer_alert=d.FirmwareTransferAlert(
            update_firmware_request_id=subject.own_request,
            other_device_id=subject.device_id,
            firmware_version=subject.version,
            transfer_response_code=_RESULT_OF_REASON[reason],
        ),
    )
    return [(_HUB_ALERT, body)]


def _upgrade_requested(subject: _Subject) -> _Bodies:
    """Tell a Responsible Supplier that another party asked for an update."""
    if subject.own_request is not None or subject.device_type is None or subject.version is None:
        return []
    body = d.FirmwareUpgradeRequested(
        device_type=subject.device_type,
        firmware_version=subject.version,
        device_ids=(subject.device_id,),
    )
    return [(_UPGRADE_REQUESTED, body)]


_BODIES: Mapping[str, Callable[[_Subject], _Bodies]] = {
    topic_of_status(status): bodies
    for status, bodies in {
        Status.RECEIVED: _upgrade_requested,
        Status.DELIVERED_TO_COMMS_HUB: lambda subject: _delivery(subject, is_good=True),
        Status.COMMS_HUB_DELIVERY_FAILED: lambda subject: _delivery(subject, is_good=False),
        Status.TRANSFERRED_TO_DEVICE: _transfer,
        Status.DEVICE_TRANSFER_FAILED: _transfer,
    }.items()
}
