"""What the inventory knows of one device.

Times are aware and in UTC. Lists say their order.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from firmtrack.answers.requests import DistributionAnswer
from firmtrack.answers.sources import FactSource
from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.reconciliation import (
    Flag,
)
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.stages import (
    CompletionStatus,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubDevice:
    """Another device on the same Communications Hub."""

    device_id: Eui64
    device_type: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupplierPeriod:
    """Who was stated to be the Responsible Supplier from a time on.

    ``supplier`` is None if the viewer may not know who, or if DCC only reported a change
    (``is_change``). ``source`` says since when.
    """

    supplier: Eui64 | None
    is_change: bool
    source: FactSource


@dataclass(frozen=True, slots=True, kw_only=True)
class InventoryAnswer:
    """What is known of one device, and of its updates and the devices beside it.

    ``sources`` has, by the fact's name, one entry for each fact that ``facts`` states;
    ``facts.learnt_at``, too, is the beginning of a day if the latest statement is another party's.
    ``updates`` are those that the viewer may see, newest request first; ``hub_devices`` are by
    Device ID. ``suppliers`` are latest first; only DCC and the present Responsible Supplier see
    any.
    """

    facts: DeviceFacts
    sources: Mapping[str, FactSource]
    not_tracked_reason: NotTrackedReason | None
    updates: tuple[DistributionAnswer, ...]
    hub_devices: tuple[HubDevice, ...]
    suppliers: tuple[SupplierPeriod, ...]
    flags: tuple[Flag, ...]

    @property
    def update_in_progress(self) -> DistributionAnswer | None:
        """The newest update that is still under way."""
        under_way = (
            each for each in self.updates if each.completion is CompletionStatus.IN_PROGRESS
        )
        return next(under_way, None)

    @property
    def earlier_updates(self) -> tuple[DistributionAnswer, ...]:
        """All the other updates, newest request first."""
        current = self.update_in_progress
        return tuple(each for each in self.updates if each is not current)
