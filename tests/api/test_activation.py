"""Activations, flags, suppliers and other parties' updates, as everyone who may ask for them."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from django.conf import settings
from django.test import override_settings

from tests.api.activations import (
    ACTIVATION_ID,
    LOST,
    MOVED,
    REQUEST_ID,
    UNDISTRIBUTED_ID,
    import_supplier,
    messages,
)
from tests.api.calling import Caller, but_for_advice
from tests.api.world import ALPHA_ID, BRAVO_ID, MORNING, UNKNOWN_METER, Cast

PATHS = (f"/devices/{LOST}", f"/inventory/{LOST}", f"/service-requests/{REQUEST_ID}")


@pytest.fixture(scope="module")
def activated(told: Cast) -> Cast:
    """The cast, after two activations and a change of supplier more."""
    for xml in messages():
        sent = Caller().post(
            "/messages",
            told.alpha.intake,
            xml,
            "application/xml",
            **{"ce-time": MORNING.isoformat()},
        )
        assert sent.json["outcome"] == "recorded", sent.body
    import_supplier()
    return told


@pytest.fixture
def others_updates_shown() -> Iterator[None]:
    """The operator lets a Responsible Supplier see how far other parties' updates are."""
    shown = replace(settings.ENVIRONMENT, change_of_supplier_view=True)
    with override_settings(ENVIRONMENT=shown):
        yield


def test_an_activation_stands_in_the_distribution_of_its_image(
    api: Caller, activated: Cast
) -> None:
    found = api.get(f"/devices/{LOST}", activated.alpha.read).json

    (distribution,) = found["distributions"]
    assert distribution["activations"] == [
        {
            "service_request_id": str(ACTIVATION_ID),
            "status": "failed",
            "scheduled_for": "2026-03-04T09:00:00Z",
            "reason": "N13",
            "firmware_version": None,
            "updated_at": "2026-03-01T11:00:00Z",
        }
    ]
    (other,) = found["other_activations"]
    assert (other["service_request_id"], other["status"]) == (str(UNDISTRIBUTED_ID), "requested")


def test_what_does_not_fit_is_a_code_and_what_to_do(api: Caller, activated: Cast) -> None:
    flags = {
        path: {
            flag["code"]: flag["text"] for flag in api.get(path, activated.alpha.read).json["flags"]
        }
        for path in PATHS
    }

    device, inventory, request = flags.values()
    assert list(device) == ["activation_not_answered", "suspended", "header_version_differs"]
    assert inventory == device
    assert "0123ABCE" in request["header_version_differs"]
    assert list(request) == ["header_version_differs"]
    assert str(ACTIVATION_ID) in device["activation_not_answered"]
    assert "Read Firmware Version (11.2)" in device["activation_not_answered"]


def test_who_is_told_who_the_responsible_supplier_is(api: Caller, activated: Cast) -> None:
    path = f"/inventory/{MOVED}"
    periods = {
        name: api.get(path, tokens.read).json["suppliers"]
        for name, tokens in {
            "alpha": activated.alpha,
            "bravo": activated.bravo,
            "dcc": activated.dcc,
        }.items()
    }

    assert periods["alpha"] == []
    assert periods["bravo"] == periods["dcc"]
    (period,) = periods["dcc"]
    assert period == {
        "responsible_supplier": str(BRAVO_ID),
        "is_change": False,
        "learnt_at": "2026-03-02T09:00:00Z",
        "source": {
            "learnt_at": "2026-03-02T09:00:00Z",
            "kind": None,
            "code": None,
            "message_id": None,
            "is_another_partys": False,
        },
    }


def test_a_new_supplier_sees_no_update_of_others_unless_the_operator_wants_it(
    api: Caller, activated: Cast
) -> None:
    found = api.get(f"/devices/{MOVED}", activated.bravo.read)

    assert found.json["distributions"] == found.json["others_updates"] == []
    assert found.json["flags"] == found.json["other_activations"] == []


@pytest.mark.usefixtures("others_updates_shown")
def test_a_new_supplier_may_see_how_far_anothers_update_is_and_not_whose(
    api: Caller, activated: Cast
) -> None:
    found = api.get(f"/devices/{MOVED}", activated.bravo.read)

    assert found.json["distributions"] == []
    (update,) = found.json["others_updates"]
    assert (update["completion_status"], update["current_status"]) == ("in_progress", "accepted")
    assert update["stages"] == [
        {"status": "accepted", "occurred_at": "2026-03-01T10:00:00Z"},
        {"status": "received", "occurred_at": "2026-03-01T09:00:00Z"},
    ]
    owners = api.get(f"/devices/{MOVED}", activated.alpha.read).json["distributions"][0]
    theirs = [str(ALPHA_ID), owners["image_hash"]]
    theirs += [event["source"]["message_id"] for event in owners["events"]]
    assert len(theirs) == 4
    assert not any(identifier in found.body.decode() for identifier in theirs)


@pytest.mark.usefixtures("others_updates_shown")
def test_an_update_of_ones_own_is_not_anothers(api: Caller, activated: Cast) -> None:
    for tokens in (activated.alpha, activated.dcc):
        assert api.get(f"/devices/{MOVED}", tokens.read).json["others_updates"] == []


@pytest.mark.usefixtures("others_updates_shown")
@pytest.mark.parametrize("path", [*PATHS, f"/devices/{MOVED}", f"/inventory/{MOVED}"])
def test_to_a_stranger_none_of_it_exists(api: Caller, activated: Cast, path: str) -> None:
    unknown = api.get(f"/devices/{UNKNOWN_METER}", activated.stranger.read)

    assert unknown.status == 404
    assert api.get(path, activated.stranger.read) == unknown


@pytest.mark.parametrize("path", PATHS)
def test_dcc_sees_it_all_and_another_supplier_nothing(
    api: Caller, activated: Cast, path: str
) -> None:
    to_dcc, to_owner = (api.get(path, each.read).json for each in (activated.dcc, activated.alpha))
    assert but_for_advice(to_dcc) == but_for_advice(to_owner)
    assert api.get(path, activated.bravo.read).status == 404
