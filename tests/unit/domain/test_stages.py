import pytest

from firmtrack.domain.stages import (
    STAGES,
    CompletionStatus,
    Stage,
    Status,
    Variant,
    completion_of,
    final_stages,
    row_of,
    stages_of,
    status_at,
)

# Stage, name, holder, good status, bad status: as the specification's table writes them.
TABLE = """
1 | Received                        | dsp       | received               | –
2 | Validated                       | dsp       | accepted               | rejected
3 | Sent to CSP                     | dsp       | sent_to_csp            | send_to_csp_failed
4 | Delivered to Communications Hub | csp       | delivered_to_comms_hub | comms_hub_delivery_failed
5 | Transferred to device           | comms_hub | transferred_to_device  | device_transfer_failed
6 | Verified by device              | device    | verified               | verification_failed
7 | Activated by device             | device    | activated              | activation_failed
"""

BAD = {
    Status.REJECTED,
    Status.SEND_TO_CSP_FAILED,
    Status.COMMS_HUB_DELIVERY_FAILED,
    Status.DEVICE_TRANSFER_FAILED,
    Status.VERIFICATION_FAILED,
    Status.ACTIVATION_FAILED,
}


def test_the_stage_table_is_the_specified_one() -> None:
    rows = [[cell.strip() for cell in line.split("|")] for line in TABLE.strip().splitlines()]

    assert rows == [
        [str(row.stage.value), row.name, row.holder, row.good, row.bad or "–"] for row in STAGES
    ]


def test_every_status_stands_in_the_table_exactly_once() -> None:
    listed = [status for row in STAGES for status in (row.good, row.bad) if status is not None]

    assert sorted(listed) == sorted(Status)


def test_the_stages_are_numbered_in_the_order_of_the_way() -> None:
    assert [row.stage for row in STAGES] == sorted(Stage)


@pytest.mark.parametrize("status", Status)
def test_a_status_is_bad_exactly_where_a_distribution_stops(status: Status) -> None:
    assert status.is_bad == (status in BAD)


@pytest.mark.parametrize("status", Status)
def test_a_status_is_found_again_by_its_stage_and_goodness(status: Status) -> None:
    assert status_at(status.stage, is_bad=status.is_bad) is status
    assert status in {row_of(status.stage).good, row_of(status.stage).bad}


def test_nothing_can_go_wrong_with_being_received() -> None:
    with pytest.raises(ValueError, match="RECEIVED has no bad status"):
        status_at(Stage.RECEIVED, is_bad=True)


def test_an_esme_verifies_its_image_and_does_not_activate_it_by_itself() -> None:
    stages = [row.stage for row in stages_of(Variant.UPDATE_FIRMWARE)]

    assert stages == [1, 2, 3, 4, 5, 6]


def test_a_ppmid_activates_its_image_without_reporting_that_it_verified_it() -> None:
    stages = [row.stage for row in stages_of(Variant.UPDATE_PPMID_FIRMWARE)]

    assert stages == [1, 2, 3, 4, 5, 7]


def test_a_request_of_unknown_variant_may_pass_every_stage() -> None:
    assert stages_of(None) == STAGES
    assert final_stages(None) == {Stage.VERIFIED_BY_DEVICE, Stage.ACTIVATED_BY_DEVICE}


@pytest.mark.parametrize("variant", Variant)
def test_a_distribution_is_final_at_the_last_stage_of_its_variant(variant: Variant) -> None:
    assert final_stages(variant) == {stages_of(variant)[-1].stage}


@pytest.mark.parametrize("variant", [*Variant, None])
@pytest.mark.parametrize("status", sorted(BAD))
def test_a_bad_status_is_a_failed_distribution(status: Status, variant: Variant | None) -> None:
    assert completion_of(status, variant) is CompletionStatus.FAILED


@pytest.mark.parametrize(
    ("status", "variant"),
    [
        (Status.VERIFIED, Variant.UPDATE_FIRMWARE),
        (Status.ACTIVATED, Variant.UPDATE_PPMID_FIRMWARE),
        (Status.VERIFIED, None),
        (Status.ACTIVATED, None),
    ],
)
def test_the_devices_own_good_word_is_a_successful_distribution(
    status: Status, variant: Variant | None
) -> None:
    assert completion_of(status, variant) is CompletionStatus.SUCCESSFUL


@pytest.mark.parametrize("variant", [*Variant, None])
@pytest.mark.parametrize("status", sorted(set(Status) - BAD - {Status.VERIFIED, Status.ACTIVATED}))
def test_good_word_before_the_last_stage_is_a_distribution_in_progress(
    status: Status, variant: Variant | None
) -> None:
    assert completion_of(status, variant) is CompletionStatus.IN_PROGRESS


@pytest.mark.parametrize(
    ("status", "variant"),
    [
        (Status.ACTIVATED, Variant.UPDATE_FIRMWARE),
        (Status.VERIFIED, Variant.UPDATE_PPMID_FIRMWARE),
    ],
)
def test_good_word_of_a_stage_that_is_not_the_variants_completes_nothing(
    status: Status, variant: Variant
) -> None:
    assert completion_of(status, variant) is CompletionStatus.IN_PROGRESS
