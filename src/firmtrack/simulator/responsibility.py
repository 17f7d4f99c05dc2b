"""Who is responsible for which device: the inventory files that stand beside the traffic.

No message says who a device's Responsible Supplier is: an operator imports it.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator.change_of_supplier import Move
from firmtrack.simulator.times import rfc3339
from firmtrack.simulator.updates import Update


@dataclass(frozen=True, slots=True)
class Row:
    """One row: a device and its Responsible Supplier from a time on."""

    device_id: Eui64
    responsible_supplier: Eui64
    learnt_at: datetime

    def columns(self) -> dict[str, str]:
        """Return the row by the names of its columns."""
        return {
            "device_id": str(self.device_id),
            "responsible_supplier": str(self.responsible_supplier),
            "learnt_at": rfc3339(self.learnt_at),
        }


@dataclass(frozen=True, slots=True)
class Responsibility:
    """What the two files say: who is responsible when the time begins, and who comes later.

    Each names a device once.
    """

    first: Sequence[Row]
    later: Sequence[Row]

    @classmethod
    def of(
        cls, updates: Iterable[Update], moves: Iterable[Move], since: datetime
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
                Row(device_id, device.home.supplier_of(device.kind), since)
                for device_id, device in devices.items()
            ],
            later=[Row(device_id, move.supplier, move.at) for device_id, move in later.items()],
        )

    def histories(self) -> Iterator[Row]:
        """Yield both rows of each device that is in both files, the earlier first."""
        first = {row.device_id: row for row in self.first}
        for row in self.later:
            yield first[row.device_id]
            yield row


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write the rows as an inventory file (CSV) that can be imported."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("device_id", "responsible_supplier", "learnt_at"))
        writer.writerows(row.columns().values() for row in rows)
