from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.domain.inventory import FACT_NAMES
from firmtrack.presentation.documents import inventories


def test_the_api_tells_every_fact() -> None:
    assert set(inventories.Inventory.__struct_fields__) == {*FACT_NAMES, "updated_at"}


def test_the_inventory_has_a_name_for_every_fact() -> None:
    assert set(inventories.INVENTORY_NAMES) == set(FACT_NAMES)


def test_the_inventory_shows_what_it_states_and_leaves_out_the_rest() -> None:
    facts = DeviceFacts(
        device_id=Eui64(1),
        learnt_at=None,
        firmware_version=FirmwareVersion("0102030A"),
        device_type="ESME",
    )
    assert inventories.inventory_rows(facts) == [
        ("Device type", "ESME"),
        ("Firmware version", "0102030A"),
    ]
