"""Images are what manufacturers make: readable, with the hash that devices calculate."""

from dataclasses import replace

import pytest

from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.gbcs.image import read_image
from firmtrack.simulator.image import ImagePlan, build_image, manufacturer_image_hash

_PLAN = ImagePlan(
    seed=1,
    firmware_version=FirmwareVersion("01020304"),
    manufacturer_code=0x10D1,
    image_type=1,
    header_string="ESME E470-SX",
    minimum_hardware_version=0x0101,
    maximum_hardware_version=0x0203,
    size_bytes=5_000,
    has_trailer=True,
)


@pytest.mark.parametrize("has_trailer", [True, False], ids=["signed", "unsigned"])
def test_the_image_reads_back_as_planned(has_trailer: bool) -> None:
    plan = replace(_PLAN, has_trailer=has_trailer)
    octets = build_image(plan)
    image = read_image(octets, may_have_trailer=has_trailer)
    assert len(octets) == plan.size_bytes
    assert image.manufacturer_image_hash == manufacturer_image_hash(plan)
    assert image.has_trailer is has_trailer
    assert image.file_version == plan.firmware_version
    assert image.manufacturer_code == plan.manufacturer_code
    assert image.image_type == plan.image_type
    assert image.header_string == plan.header_string
    assert image.minimum_hardware_version == plan.minimum_hardware_version
    assert image.maximum_hardware_version == plan.maximum_hardware_version


def test_the_same_plan_gives_the_same_octets() -> None:
    assert build_image(_PLAN) == build_image(_PLAN)


@pytest.mark.parametrize(
    "changed",
    [
        replace(_PLAN, seed=2),
        replace(_PLAN, firmware_version=FirmwareVersion("01020305")),
        replace(_PLAN, image_type=2),
    ],
    ids=["seed", "version", "type"],
)
def test_another_image_has_another_hash(changed: ImagePlan) -> None:
    assert manufacturer_image_hash(changed) != manufacturer_image_hash(_PLAN)
