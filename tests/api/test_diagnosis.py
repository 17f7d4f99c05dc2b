"""The diagnosis of each distribution, and the filter by pace, as each party asks for them."""

import csv
import io
import re

import pytest

from firmtrack.domain.pace import Limits
from firmtrack.domain.stages import Stage
from tests.api.calling import Caller
from tests.api.world import (
    METERS,
    MORNING,
    REQUEST_ID,
    Cast,
    accepted_but_for,
    delivered_to_hub,
    inventory_of,
    update_firmware,
)
from tests.store.test_paces import learn

LIST = f"/service-requests/{REQUEST_ID}/distributions"


@pytest.fixture
def stalled(api: Caller, cast: Cast) -> Cast:
    """The cast, with a meter of Alpha's whose hub holds the image since March, which is unusual."""
    for xml in (
        update_firmware(),
        accepted_but_for(METERS[4]),
        delivered_to_hub(METERS[0], is_success=True),
        delivered_to_hub(METERS[1], is_success=False),
        inventory_of(METERS[0]),
    ):
        headers = {"ce-time": MORNING.isoformat()}
        sent = api.post("/messages", cast.alpha.intake, xml, "application/xml", **headers)
        assert sent.status == 200, sent.body
    limits = Limits(slow_seconds=60, allowed_seconds=120, still_seconds=0)
    learn({(Stage.DELIVERED_TO_COMMS_HUB, None): limits})
    return cast


def test_a_distribution_in_progress_is_diagnosed_with_what_is_usual(
    api: Caller, stalled: Cast
) -> None:
    found = api.get(f"/devices/{METERS[0]}", stalled.alpha.read)
    (distribution,) = found.json["distributions"]
    diagnosis = distribution["diagnosis"]
    assert diagnosis["sentence"].startswith("The image has been at the Communications Hub since ")
    assert (
        "It has stalled: none of the updates that it is compared with waited this long and still "
        "arrived. Of more than 100 "
        "updates that reached this stage, 80% have passed it; half of these within 1 minute."
    ) in diagnosis["sentence"]
    assert diagnosis["holder"] == "comms_hub"
    assert diagnosis["since"] == distribution["current_status_updated_at"]
    assert diagnosis["usual_seconds"] is None  # fewer than 95 in 100 pass
    assert diagnosis["waits"] == {
        "reached_at_least": 100,
        "passed_share": 0.8,
        "p50_seconds": 39,
        "p95_seconds": None,
        "arrives_still_share": None,
        "group": [],
    }
    assert (diagnosis["pace"], diagnosis["next_actor"]) == ("stalled", "csp")
    assert diagnosis["advice"].startswith("The Communications Hub must hand it over.")
    assert diagnosis["resend"]["again"] == "wait"
    first, usual, *_ = diagnosis["evidence"]
    assert first["message_id"] == distribution["events"][0]["source"]["message_id"]
    assert re.search(
        r"from 100 or more stays at this stage, of all updates, and not of this request alone",
        usual["text"],
    )


def test_a_failed_distribution_is_diagnosed_without_a_pace(api: Caller, stalled: Cast) -> None:
    found = api.get(f"/devices/{METERS[1]}", stalled.alpha.read)
    diagnosis = found.json["distributions"][0]["diagnosis"]
    assert diagnosis["sentence"].startswith("The update failed at the Communications Service")
    assert (diagnosis["holder"], diagnosis["usual_seconds"], diagnosis["pace"]) == (None,) * 3
    assert (diagnosis["next_actor"], diagnosis["resend"]["again"]) == ("supplier", "send")


@pytest.mark.parametrize(
    ("pace", "expected"), [("usual", ()), ("slow", ()), ("stalled", METERS[:1])]
)
def test_list_and_csv_are_filtered_by_pace(
    api: Caller, stalled: Cast, pace: str, expected: tuple[object, ...]
) -> None:
    listed = api.get(LIST, stalled.alpha.read, pace=pace)
    assert [each["device_id"] for each in listed.json["items"]] == list(map(str, expected))
    downloaded = api.get(f"{LIST}.csv", stalled.alpha.read, pace=pace)
    rows = list(csv.DictReader(io.StringIO(downloaded.body.decode())))
    assert [row["Device ID"] for row in rows] == list(map(str, expected))
    assert api.get(LIST, stalled.dcc.read, pace=pace).body == listed.body


def test_a_pace_that_does_not_exist_is_named(api: Caller, stalled: Cast) -> None:
    refused = api.get(LIST, stalled.alpha.read, pace="late")
    assert refused.status == 400
    (error,) = refused.json["errors"]
    assert (error["name"], error["detail"]) == ("pace", "must be one of usual, slow, stalled.")


def test_someone_elses_pace_is_nobodys_business(api: Caller, stalled: Cast) -> None:
    for token in (stalled.bravo.read, stalled.stranger.read):
        assert api.get(LIST, token, pace="stalled").status == 404
        assert api.get(f"/devices/{METERS[0]}", token).status == 404
