"""What DCC's inventory holds of the devices: the files that stand beside the traffic.

No message says who a device's Responsible Supplier is: an operator imports it.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator.change_of_supplier import Move
from firmtrack.simulator.models import DeviceKind, models_of
from firmtrack.simulator.output import rfc3339
from firmtrack.simulator.updates import SentUpdate
from firmtrack.simulator.world import Device, Home

COLUMNS = (
    "device_id", "responsible_supplier", "device_type", "smets_version", "manufacturer", "model",
    "firmware_version", "csp_region", "comms_hub_id", "learnt_at",
)  # fmt: skip
"""The names of a file's columns, in their order."""


@dataclass(frozen=True, slots=True)
class SupplierRow:
    """One row: a device, what it is, and its Responsible Supplier from a time on."""

    device: Device
    responsible_supplier: Eui64
    learnt_at: datetime

    @property
    def device_id(self) -> Eui64:
        """The device's ID."""
        return self.device.device_id

    def cells(self) -> tuple[str, ...]:
        """Return the row's values in the order of COLUMNS."""
        device, model = self.device, self.device.model
        return (
            str(device.device_id), str(self.responsible_supplier), model.kind,
            device.smets_version, model.manufacturer, model.name, "", device.home.region,
            str(device.home.comms_hub_id), rfc3339(self.learnt_at),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class HubRow:
    """One row: a Communications Hub, and what it runs. Nobody supplies a hub."""

    home: Home
    learnt_at: datetime

    def cells(self) -> tuple[str, ...]:
        """Return the row's values in the order of COLUMNS."""
        (model,) = models_of(DeviceKind.CHF)
        return (
            str(self.home.comms_hub_id), "", model.kind, model.smets_version, model.manufacturer,
            model.name, self.home.comms_hub_version, self.home.region, "", rfc3339(self.learnt_at),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Responsibility:
    """What the two files say: who is responsible when the time begins, and who comes later.

    Each names a device once. The first names the devices' hubs, too.
    """

    first: Sequence[SupplierRow]
    later: Sequence[SupplierRow]

    @classmethod
    def of(
        cls, updates: Iterable[SentUpdate], moves: Iterable[Move], since: datetime
    ) -> "Responsibility":
        """Return who is responsible for the devices that the updates name."""
        devices = {
            named.device_id: named.device
            for update in updates
            for named in update.named
            if named.device is not None
        }
        later = {move.device.device_id: move for move in moves}
        return cls(
            first=[
                SupplierRow(device, device.home.supplier_of(device.kind), since)
                for device in devices.values()
            ],
            later=[SupplierRow(move.device, move.supplier, move.at) for move in later.values()],
        )

    def hubs(self) -> Iterator[HubRow]:
        """Yield a row of each hub that a device of the first file is behind, if it has none."""
        seen = {row.device_id for row in self.first}
        for row in self.first:
            home = row.device.home
            if not row.device.is_smets1 and home.comms_hub_id not in seen:
                seen.add(home.comms_hub_id)
                yield HubRow(home, row.learnt_at)

    def histories(self) -> Iterator[SupplierRow]:
        """Yield both rows of each device that is in both files, the earlier first."""
        first = {row.device_id: row for row in self.first}
        for row in self.later:
            yield first[row.device_id]
            yield row


def write_rows(path: Path, rows: Iterable[SupplierRow | HubRow]) -> None:
    """Write the rows as an inventory file (CSV) that can be imported."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows(row.cells() for row in rows)
