import pytest

from firmtrack.domain.scope import NotTrackedReason, not_tracked_reason


@pytest.mark.parametrize("device_type", ["ESME", "GSME", "PPMID", "HCALCS"])
@pytest.mark.parametrize("version", ["SMETS2-2.0", "SMETS2 5.1", "2", "2.0", "4.2", "V2.0", None])
@pytest.mark.parametrize("region", ["North", "4G South", "Unknown", None])
def test_a_smets2_meter_ppmid_or_hcalcs_is_tracked(
    device_type: str, version: str | None, region: str | None
) -> None:
    assert not_tracked_reason(device_type, version, region) is None


@pytest.mark.parametrize(
    ("device_type", "reason"),
    [
        ("CHF", NotTrackedReason.COMMS_HUB),
        ("GPF", NotTrackedReason.COMMS_HUB),
        ("IHD", NotTrackedReason.TYPE_2),
        ("CAD", NotTrackedReason.TYPE_2),
    ],
)
@pytest.mark.parametrize("region", ["Central", "SMETS1", None])
def test_hubs_and_type_2_devices_are_not_tracked_for_what_they_are(
    device_type: str, reason: NotTrackedReason, region: str | None
) -> None:
    assert not_tracked_reason(device_type, None, region) is reason


@pytest.mark.parametrize("version", ["SMETS1", "SMETS1-1.2", "smets1", "1", "1.2", " 1.0 ", "V1.1"])
def test_a_smets1_version_is_not_tracked(version: str) -> None:
    assert not_tracked_reason("ESME", version, "North") is NotTrackedReason.SMETS1


def test_a_device_in_the_smets1_region_is_not_tracked_whatever_its_version() -> None:
    assert not_tracked_reason("ESME", None, "SMETS1") is NotTrackedReason.SMETS1
    assert not_tracked_reason("GSME", "2.0", "SMETS1") is NotTrackedReason.SMETS1


@pytest.mark.parametrize("version", ["10.0", "12", "SMETS2-1.0", "2.1"])
def test_a_version_that_only_looks_like_smets1_is_tracked(version: str) -> None:
    assert not_tracked_reason("ESME", version, "North") is None


def test_a_device_of_which_nothing_is_known_is_tracked() -> None:
    assert not_tracked_reason(None, None, None) is None
