"""What the inventory holds of a device, and from what it was learnt.

What its facts are called on pages stands here, too: a fact has one place.
"""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from firmtrack.answers import sources
from firmtrack.answers.inventory import InventoryAnswer
from firmtrack.domain.facts import DeviceFacts, MessageKind
from firmtrack.domain.scope import NotTrackedReason
from firmtrack.domain.voice import Voice
from firmtrack.presentation.documents.distributions import Distribution, distribution
from firmtrack.presentation.documents.fields import (
    EuiText,
    FirmwareVersionText,
    Flag,
    eui_text,
    flags,
)

INVENTORY_NAMES: Mapping[str, str] = {
    "device_type": "Device type",
    "manufacturer": "Manufacturer",
    "model": "Model",
    "smets_version": "SMETS version",
    "device_status": "Device status",
    "firmware_version": "Firmware version",
    "smi_firmware_version": "Firmware version in DCC’s inventory",
    "firmware_version_status": "Firmware version status",
    "gbcs_version": "GBCS version",
    "csp_region": "CSP region",
    "comms_hub_id": "Communications Hub",
    "responsible_supplier": "Responsible Supplier",
}
"""What each fact is called on pages, in their order there."""


class Inventory(Struct, frozen=True):
    """What is known of the device, as DCC writes it; null is not known.

    firmware_version is what runs, whoever says so; smi_firmware_version what DCC's inventory held.
    updated_at is DCC's time of the latest statement about the device, of another party's when its
    day began in UTC; the hub may be named by a later event.
    """

    device_type: str | None
    manufacturer: str | None
    model: str | None
    smets_version: str | None
    device_status: str | None
    firmware_version: FirmwareVersionText | None
    smi_firmware_version: FirmwareVersionText | None
    firmware_version_status: str | None
    gbcs_version: str | None
    csp_region: str | None
    comms_hub_id: EuiText | None
    responsible_supplier: EuiText | None
    updated_at: datetime | None


class FactSource(Struct, frozen=True):
    """When a fact was learnt, and from what.

    learnt_at is DCC's time, null if the message has none. kind and message_id are null for what an
    operator imported, and for what another party's message told (is_another_partys): of that you
    are told only the day, as its beginning in UTC.
    """

    learnt_at: datetime | None
    kind: MessageKind | None
    code: str | None
    message_id: UUID | None
    is_another_partys: bool


class SisterDevice(Struct, frozen=True):
    """Another device on the same Communications Hub, as far as you may see it."""

    device_id: EuiText
    device_type: str | None


class SupplierPeriod(Struct, frozen=True):
    """Who became, or was said to be, the Responsible Supplier at a time.

    responsible_supplier is null if you may not know who, or if DCC only told of a change without
    saying to whom (is_change). learnt_at is that of the source.
    """

    responsible_supplier: EuiText | None
    is_change: bool
    learnt_at: datetime | None
    source: FactSource


class DeviceInventory(Struct, frozen=True):
    """What the inventory holds of one device, its updates, and the devices beside it.

    inventory.firmware_version is what runs now. sources has the name of each field of inventory
    that is not null. The updates are those that you may see, newest request first. suppliers are
    latest first; only the Responsible Supplier and DCC are told of any.
    """

    device_id: EuiText
    tracked: bool
    not_tracked_reason: NotTrackedReason | None
    inventory: Inventory
    sources: dict[str, FactSource]
    update_in_progress: Distribution | None
    earlier_updates: list[Distribution]
    sister_devices: list[SisterDevice]
    suppliers: list[SupplierPeriod]
    flags: list[Flag]


def device_inventory(answer: InventoryAnswer, voice: Voice = Voice.USER) -> DeviceInventory:
    """Return the inventory of a device as the API answers it."""
    current = answer.update_in_progress
    return DeviceInventory(
        device_id=str(answer.facts.device_id),
        tracked=answer.not_tracked_reason is None,
        not_tracked_reason=answer.not_tracked_reason,
        inventory=inventory(answer.facts),
        sources={name: _fact_source(source) for name, source in answer.sources.items()},
        update_in_progress=None if current is None else distribution(current),
        earlier_updates=[distribution(each) for each in answer.earlier_updates],
        sister_devices=[
            SisterDevice(device_id=str(each.device_id), device_type=each.device_type)
            for each in answer.hub_devices
        ],
        suppliers=[
            SupplierPeriod(
                responsible_supplier=eui_text(period.supplier),
                is_change=period.is_change,
                learnt_at=period.source.learnt_at,
                source=_fact_source(period.source),
            )
            for period in answer.suppliers
        ],
        flags=flags(answer.flags, voice),
    )


def inventory(facts: DeviceFacts) -> Inventory:
    """Return what a statement says of a device."""
    return Inventory(
        device_type=facts.device_type,
        manufacturer=facts.manufacturer,
        model=facts.model,
        smets_version=facts.smets_version,
        device_status=facts.device_status,
        firmware_version=facts.firmware_version,
        smi_firmware_version=facts.smi_firmware_version,
        firmware_version_status=facts.firmware_version_status,
        gbcs_version=facts.gbcs_version,
        csp_region=facts.csp_region,
        comms_hub_id=eui_text(facts.comms_hub_id),
        responsible_supplier=eui_text(facts.responsible_supplier),
        updated_at=facts.learnt_at,
    )


def inventory_rows(facts: DeviceFacts) -> list[tuple[str, str]]:
    """Return the name and the value of what the inventory states of a device, in a fixed order."""
    return [(INVENTORY_NAMES[field], value) for field, value in inventory_fields(facts)]


def inventory_fields(facts: DeviceFacts) -> list[tuple[str, str]]:
    """Return the field and the value of what the inventory states of a device, in that order."""
    stated = ((field, getattr(facts, field)) for field in INVENTORY_NAMES)
    return [(field, str(value)) for field, value in stated if value is not None]


def _fact_source(source: sources.FactSource) -> FactSource:
    return FactSource(
        learnt_at=source.learnt_at,
        kind=source.kind,
        code=source.code,
        message_id=source.message_id,
        is_another_partys=source.is_anothers,
    )
