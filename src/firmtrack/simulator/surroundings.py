"""What else is in the traffic: other matters, and events of requests that are not seen."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import cycle

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import Status
from firmtrack.duis import documents as d
from firmtrack.simulator import correspondence, inventories
from firmtrack.simulator import outcomes as o
from firmtrack.simulator.chance import stream
from firmtrack.simulator.correspondence import UPGRADE_REQUESTED, dcc_alert
from firmtrack.simulator.gbcs_messages import EXECUTING_VERSION_CHANGED, RECEIPT_GOOD
from firmtrack.simulator.models import DeviceKind, models_of
from firmtrack.simulator.post import DeviceAlertSent, Post
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.truth import TrueEvent
from firmtrack.simulator.updates import SentUpdate
from firmtrack.simulator.world import Device, World

_POWER_OUTAGE, _HUB_ACTIVATED = "AD1", "N64"
_COMMAND_FAILED = ("N12", "N13")

_LATEST_SECONDS = 5 * 86_400
_NOTICE_SECONDS = 60
# Images of requests that are not in the traffic have versions above all those in it.
_FOREIGN_VERSIONS = 0xF00000


@dataclass(frozen=True, slots=True)
class Unattributed:
    """An event of a device that belongs to no request in the traffic."""

    device_id: Eui64
    event: TrueEvent


class Surroundings:
    """Sends everything that does not move a request's devices on.

    ``unattributed`` is what the tracker should make of it.
    """

    def __init__(self, scenario: Scenario, world: World, post: Post) -> None:
        self.unattributed: list[Unattributed] = []
        self._world = world
        self._post = post
        self._chance = stream(scenario.seed, "surroundings")
        self._foreign_images = 0
        self._foreign_events = cycle(
            (self._foreign_receipt, self._foreign_notice, self._foreign_transfer)
        )
        self._other_matters: tuple[Callable[[Device, Eui64, datetime], None], ...] = (
            self._power_outage,
            self._device_alert,
            self._command_failure,
            self._status_change,
            self._hub_activation,
            self._version_read,
        )

    def around(self, update: SentUpdate) -> None:
        """Send what surrounds one request."""
        self._tell_other_suppliers(update)
        devices = [one.device for one in update.accepted() if one.device is not None]
        for _ in range(self._count(o.NOT_ABOUT_FIRMWARE_SHARE, update)):
            if devices:
                matter = self._chance.choice(self._other_matters)
                matter(self._chance.choice(devices), update.supplier, self._some_time(update))
        for _ in range(self._count(o.UNATTRIBUTED_SHARE, update)):
            next(self._foreign_events)(update.supplier, self._some_time(update))

    def _count(self, share: float, update: SentUpdate) -> int:
        return round(share * len(update.named))

    def _some_time(self, update: SentUpdate) -> datetime:
        return update.submitted_at + timedelta(seconds=self._chance.randrange(_LATEST_SECONDS))

    def _tell_other_suppliers(self, update: SentUpdate) -> None:
        """Tell the homes' other suppliers that an update of a shared device was asked for."""
        is_shared = update.model.kind in {DeviceKind.PPMID, DeviceKind.HCALCS}
        if not is_shared or not update.is_answered or update.is_refused:
            return
        if self._chance.random() >= o.UPGRADE_REQUESTED_SHARE:
            return
        concerned: dict[Eui64, list[Eui64]] = defaultdict(list)
        for named in update.accepted():
            assert named.device is not None
            home = named.device.home
            for supplier in {home.import_supplier, home.gas_supplier} - {update.supplier}:
                concerned[supplier].append(named.device_id)
        for supplier, device_ids in concerned.items():
            at = update.answer.at + timedelta(seconds=self._chance.randrange(_NOTICE_SECONDS))
            body = d.FirmwareUpgradeRequested(
                device_type=update.model.kind,
                firmware_version=update.firmware_version,
                device_ids=tuple(device_ids),
            )
            self._post.send(at, dcc_alert(supplier, UPGRADE_REQUESTED, at, body, self._post))

    # Events of requests that are not in the traffic ---------------------------------------

    def _foreign_version(self, device: Device) -> FirmwareVersion:
        self._foreign_images += 1
        major = int(device.model.firmware_version, 16) & 0xFF000000
        return FirmwareVersion(f"{major | _FOREIGN_VERSIONS + self._foreign_images:08X}")

    def _stranger(self, supplier: Eui64, *kinds: DeviceKind) -> Device:
        model = self._chance.choice(models_of(self._chance.choice(kinds)))
        (device,) = self._world.untouched(model, supplier, 1)
        return device

    def _foreign_receipt(self, supplier: Eui64, at: datetime) -> None:
        device = self._stranger(supplier, DeviceKind.ESME, DeviceKind.GSME, DeviceKind.HCALCS)
        alert = DeviceAlertSent(
            device=device,
            recipient=supplier,
            alert_code=RECEIPT_GOOD,
            responded_at=at,
            counter=self._post.next_counter(),
            image_hash=self._chance.randbytes(32),
        )
        if self._post.send(at, alert):
            self.unattributed.append(Unattributed(device.device_id, TrueEvent(Status.VERIFIED, at)))

    def _foreign_notice(self, supplier: Eui64, at: datetime) -> None:
        """Tell that a supplier outside the traffic asked for an update of a PPMID."""
        device = self._stranger(supplier, DeviceKind.PPMID)
        body = d.FirmwareUpgradeRequested(
            device_type=device.kind,
            firmware_version=self._foreign_version(device),
            device_ids=(device.device_id,),
        )
        if self._post.send(at, dcc_alert(supplier, UPGRADE_REQUESTED, at, body, self._post)):
            self.unattributed.append(Unattributed(device.device_id, TrueEvent(Status.RECEIVED, at)))

    def _foreign_transfer(self, supplier: Eui64, at: datetime) -> None:
        device = self._stranger(supplier, DeviceKind.ESME, DeviceKind.PPMID)
        body = d.CommsHubAlert(
            comms_hub_device_id=device.home.comms_hub_id,
            alert_code=correspondence.TRANSFERRED,
            firmware_transfer_alert=d.FirmwareTransferAlert(
                other_device_id=device.device_id,
                firmware_version=self._foreign_version(device),
                transfer_response_code=d.TransferResponseCode.FILE_TRANSFER_SUCCESS,
            ),
        )
        alert = dcc_alert(supplier, correspondence.HUB_ALERT, at, body, self._post)
        if self._post.send(at, alert, states=[correspondence.names_hub(device, at)]):
            event = TrueEvent(Status.TRANSFERRED_TO_DEVICE, at)
            self.unattributed.append(Unattributed(device.device_id, event))

    # Other matters ------------------------------------------------------------------------

    def _ignored_alert(
        self, supplier: Eui64, code: str, at: datetime, body: d.DccAlertBody
    ) -> None:
        alert = dcc_alert(supplier, code, at, body, self._post)
        self._post.send(at, alert, is_recorded=False)

    def _power_outage(self, device: Device, supplier: Eui64, at: datetime) -> None:
        body = d.PowerOutageEvent(
            comms_hub_device_id=device.home.comms_hub_id,
            start_date_time=at - timedelta(minutes=4),
            import_mpxn=str(10**12 + self._chance.randrange(10**12)),
        )
        self._ignored_alert(supplier, _POWER_OUTAGE, at, body)

    def _device_alert(self, device: Device, supplier: Eui64, at: datetime) -> None:
        alert = DeviceAlertSent(
            device=device,
            recipient=supplier,
            alert_code=EXECUTING_VERSION_CHANGED,
            responded_at=at,
            counter=self._post.next_counter(),
        )
        self._post.send(at, alert)

    def _command_failure(self, device: Device, supplier: Eui64, at: datetime) -> None:
        command = RequestId(supplier, device.device_id, self._post.next_counter())
        body = d.CommandFailure(command_request_id=command, device_id=device.device_id)
        alert = dcc_alert(supplier, self._chance.choice(_COMMAND_FAILED), at, body, self._post)
        self._post.send(at, alert)

    def _status_change(self, device: Device, supplier: Eui64, at: datetime) -> None:
        change = self._chance.choice(
            (d.DeviceStatusChange.DEVICE_SUSPENDED, d.DeviceStatusChange.DEVICE_RESTORED)
        )
        inventories.change_status(device, change, supplier, at, self._post)

    def _hub_activation(self, device: Device, supplier: Eui64, at: datetime) -> None:
        hub = models_of(DeviceKind.CHF)[0]
        body = d.CommsHubFirmwareActivation(
            device_id=device.home.comms_hub_id, firmware_version=hub.firmware_version
        )
        self._ignored_alert(supplier, _HUB_ACTIVATED, at, body)

    def _version_read(self, device: Device, supplier: Eui64, at: datetime) -> None:
        inventories.read_version(
            device, supplier, at, self._post, is_error=self._chance.random() < o.READ_ERROR_SHARE
        )
