"""DUIS: the DCC Alert that belongs to a change, signed as DCC; one a device.

Only where a code is known to go with the body, and the body's facts are known: nothing is invented.
A body that must name the request is for its originator alone. What DCC itself sent as an alert is
not sent again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import uuid4

from django.conf import settings
from psycopg import Connection
from psycopg.rows import DictRow, TupleRow, dict_row, scalar_row

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId, ResponseId
from firmtrack.domain.stages import Status
from firmtrack.domain.topics import topic_of_status
from firmtrack.duis import documents as d
from firmtrack.duis.codes import TRANSFER_REASONS
from firmtrack.duis.writer import write
from firmtrack.notices import statement
from firmtrack.notices.addresses import check_address
from firmtrack.notices.alert_signing import alert_signer
from firmtrack.notices.calling import Caller, CallResponse
from firmtrack.notices.channel import Channel, ChannelWords
from firmtrack.notices.endpoint_queue import Draft, EndpointQueue, PendingNotice
from firmtrack.notices.grouping import Change
from firmtrack.store.numbers import eui_of as stored_eui
from firmtrack.store.numbers import request_parts, to_bigint

_HEADERS = {"Content-Type": "application/xml; charset=utf-8", "User-Agent": "Firmtrack"}

INCIDENT_HEADER = "Firmtrack-Incident-Id"
"""The header that says which incident an alert is of: DUIS has no place for it."""

# DCC Alert codes, and GBCS alert codes of the Firmware Transfer Alert: see firmtrack.duis.codes.
_DELIVERED, _NOT_DELIVERED, _HUB_ALERT, _UPGRADE_REQUESTED = "N60", "N61", "N62", "N59"
_TRANSFERRED, _NOT_TRANSFERRED = 0x8F8A, 0x8F89
_RESULT_OF_REASON = {reason: code for code, reason in TRANSFER_REASONS.items()}


class DuisAlerts(Channel):
    """Signed DCC Alerts to the party's receive-response address."""

    name = "duis"
    words = ChannelWords(
        title="DCC Alerts",
        in_sentence="DCC Alert",
        hint="Signed DUIS messages to your receive-response address, on the statuses that DUIS has"
        " an alert for",
        example="https://receiver.example/notices",
    )
    why_untestable = "A DUIS address takes DCC Alerts, and none of them is a test."

    @property
    def is_open(self) -> bool:
        """Whether there is something to sign with."""
        return settings.ENVIRONMENT.alert_signer is not None

    def check(self, address: str) -> None:
        """Raise UnfitAddress unless it may be called. Raises NoAlertSigner, BadAlertSigner."""
        alert_signer()
        check_address(address, may_be_private=settings.ENVIRONMENT.notice_private_addresses)

    def drafts(
        self, connection: Connection[TupleRow], changes: Sequence[Change], now: datetime
    ) -> list[Draft]:
        """Return the alerts that tell of the changes, in their order; some changes have none.

        Raises NoAlertSigner, BadAlertSigner.
        """
        coded = [
            (subject, code, body)
            for change in changes
            if change.matter.topic in _BODIES and not change.matter.is_from_alert
            for subject in _subjects(connection, change, now)
            for code, body in _BODIES[change.matter.topic](subject)
        ]
        if not coded:
            return []
        counters = _counters(connection, len(coded))
        return [
            _draft(subject, counter, code, body)
            for (subject, code, body), counter in zip(coded, counters, strict=True)
        ]

    def send(
        self,
        caller: Caller,
        queue: EndpointQueue,
        notices: Sequence[PendingNotice],
        _now: datetime,
    ) -> CallResponse:
        """Post the alert, which was signed when it was drafted."""
        (notice,) = notices
        headers = dict(_HEADERS)
        if notice.incident_id is not None:
            headers[INCIDENT_HEADER] = str(notice.incident_id)
        return caller.post(queue.address, headers, notice.body)


DUIS_ALERTS: Final = DuisAlerts()


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
        """The request, None if it is not the notified User's own."""
        return self.change.matter.service_request_id

    @property
    def version(self) -> FirmwareVersion | None:
        text = self.change.matter.firmware_version
        return None if text is None else FirmwareVersion(text)


def _draft(subject: _Subject, counter: int, code: str, body: d.DccAlertBody) -> Draft:
    signing = alert_signer()
    matter = subject.change.matter
    alert = d.DccAlert(
        response_id=ResponseId(signing.sender, matter.user_id, counter),
        responded_at=subject.now,
        alert_code=code,
        body=body,
    )
    return Draft(
        notice_id=uuid4(),
        topic=matter.topic,
        body=write(alert, signer=signing.signer),
        user_id=matter.user_id,
        reason=matter.reason,
        service_request_id=matter.service_request_id,
        device_ids=(subject.device_id,),
        device_count=1,
        incident_id=matter.incident_id,
    )


def _counters(connection: Connection[TupleRow], count: int) -> list[int]:
    with connection.cursor(row_factory=scalar_row) as cursor:
        return cursor.execute(
            "SELECT nextval('dcc_alert_counter') FROM generate_series(1, %s)", (count,)
        ).fetchall()


def _subjects(connection: Connection[TupleRow], change: Change, now: datetime) -> list[_Subject]:
    request_id = change.matter.service_request_id
    with connection.cursor(row_factory=dict_row) as cursor:
        if change.device_ids is not None:
            named = list(map(to_bigint, change.device_ids))
            cursor.execute(statement("alert_devices"), (named,))
        else:
            assert request_id is not None  # of a whole request its originator alone is notified
            cursor.execute(statement("alert_devices_of_request"), request_parts(request_id))
        return [_subject(change, row, now) for row in cursor]


def _subject(change: Change, row: DictRow, now: datetime) -> _Subject:
    comms_hub_id = row["comms_hub_id"]
    return _Subject(
        change=change,
        device_id=stored_eui(row["device_id"]),
        device_type=row["device_type"],
        comms_hub_id=None if comms_hub_id is None else stored_eui(comms_hub_id),
        now=now,
    )


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
    """Notify a Responsible Supplier that another party asked for an update."""
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
