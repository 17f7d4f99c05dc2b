"""The look-ups: what each party sees, page by page, and that every look-up is recorded."""

import csv
import io
from datetime import UTC, datetime
from urllib.parse import quote

import openpyxl
import pytest

from firmtrack.presentation.xlsx import MEDIA_TYPE
from firmtrack.store.database import pool
from tests.api.calling import Caller, but_for_advice
from tests.api.world import (
    DISPLAY,
    HUB,
    METERS,
    REQUEST_ID,
    UNKNOWN_METER,
    UNKNOWN_REQUEST_ID,
    Cast,
)

REQUEST = f"/service-requests/{REQUEST_ID}"
LIST = f"{REQUEST}/distributions"
CSV = f"{REQUEST}/distributions.csv"
XLSX = f"{REQUEST}/distributions.xlsx"
DEVICE = f"/devices/{METERS[1]}"
EVERY_LOOKUP = (REQUEST, LIST, CSV, DEVICE)


def last_two_audited() -> list[tuple[object, ...]]:
    with pool().connection() as connection:
        newest_first = connection.execute(
            "SELECT viewer, kind, term, row_count FROM lookup_audit ORDER BY lookup_id DESC LIMIT 2"
        ).fetchall()
    return newest_first[::-1]


def device_ids(items: list[dict[str, object]]) -> list[object]:
    return [item["device_id"] for item in items]


def test_a_request_shows_what_was_asked_and_how_it_stands(api: Caller, told: Cast) -> None:
    found = api.get(REQUEST, told.alpha.read)

    assert found.status == 200
    assert found.json["service_request_id"] == str(REQUEST_ID)
    assert found.json["service_reference_variant"] == "11.1"
    assert found.json["firmware_version"] == "0A0B0C0D"
    assert found.json["submitted_at"] == "2026-03-01T09:00:00Z"
    assert found.json["answer"] == {"code": "W110101", "answered_at": "2026-03-01T09:01:00Z"}
    assert found.json["device_count"] == 5
    assert found.json["completion_status_counts"] == {
        "in_progress": 3,
        "failed": 2,
        "successful": 0,
    }
    assert found.json["current_status_counts"] == {
        "rejected": 1,
        "sent_to_csp": 2,
        "delivered_to_comms_hub": 1,
        "comms_hub_delivery_failed": 1,
    }


def test_a_device_shows_where_its_update_stopped_and_how_it_got_there(
    api: Caller, told: Cast
) -> None:
    found = api.get(DEVICE, told.alpha.read)

    (distribution,) = found.json["distributions"]
    assert distribution["completion_status"] == "failed"
    assert distribution["current_status"] == "comms_hub_delivery_failed"
    assert distribution["current_status_reason"]["code"] == "N61"
    assert distribution["point_of_failure"] == {
        "stage": "delivered_to_comms_hub",
        "party": "csp",
    }
    assert [event["status"] for event in distribution["events"]] == [
        "comms_hub_delivery_failed",
        "sent_to_csp",
        "accepted",
        "received",
    ]
    assert distribution["events"][0]["comms_hub_id"] == str(HUB)
    assert distribution["events"][0]["reason"] == "N61"
    assert distribution["events"][0]["source"]["kind"] == "csp_firmware_delivery_status"
    assert distribution["events"][0]["source"]["code"] == "N61"


def test_a_device_shows_what_the_inventory_holds(api: Caller, told: Cast) -> None:
    found = api.get(f"/devices/{METERS[0]}", told.alpha.read)

    assert found.json["tracked"] is True
    assert found.json["inventory"]["device_type"] == "ESME"
    assert found.json["inventory"]["csp_region"] == "North"
    assert found.json["inventory"]["updated_at"] == "2026-03-01T09:00:00Z"


def test_a_device_out_of_scope_says_why_it_is_not_tracked(api: Caller, told: Cast) -> None:
    found = api.get(f"/devices/{DISPLAY}", told.dcc.read)

    assert found.json["tracked"] is False
    assert found.json["not_tracked_reason"] == "type_2"


def test_an_id_may_be_written_in_lower_case(api: Caller, told: Cast) -> None:
    assert api.get(DEVICE.lower(), told.alpha.read).json["device_id"] == str(METERS[1])
    assert api.get(REQUEST.lower(), told.alpha.read).status == 200


@pytest.mark.parametrize("path", EVERY_LOOKUP)
def test_dcc_sees_what_its_owner_sees(api: Caller, told: Cast, path: str) -> None:
    to_dcc, to_owner = api.get(path, told.dcc.read), api.get(path, told.alpha.read)
    if path == DEVICE:
        assert but_for_advice(to_dcc.json) == but_for_advice(to_owner.json)
        assert to_dcc.json != to_owner.json
    else:
        assert to_dcc.body == to_owner.body


@pytest.mark.parametrize(
    ("path", "unknown"),
    [
        (REQUEST, f"/service-requests/{UNKNOWN_REQUEST_ID}"),
        (LIST, f"/service-requests/{UNKNOWN_REQUEST_ID}/distributions"),
        (CSV, f"/service-requests/{UNKNOWN_REQUEST_ID}/distributions.csv"),
        (XLSX, f"/service-requests/{UNKNOWN_REQUEST_ID}/distributions.xlsx"),
        (DEVICE, f"/devices/{UNKNOWN_METER}"),
    ],
)
def test_someone_elses_answers_exactly_as_what_does_not_exist(
    api: Caller, told: Cast, path: str, unknown: str
) -> None:
    not_there = api.get(unknown, told.alpha.read)

    assert not_there.status == 404
    assert api.get(path, told.bravo.read) == not_there
    assert api.get(path, told.stranger.read) == not_there


@pytest.mark.parametrize("path", EVERY_LOOKUP)
def test_every_lookup_is_recorded_those_that_find_nothing_too(
    api: Caller, told: Cast, path: str
) -> None:
    api.get(path, told.alpha.read)
    api.get(path, told.stranger.read)

    (alpha_asked, _, alpha_term, alpha_rows), (stranger_asked, _, term, rows) = last_two_audited()
    assert alpha_asked == f"Alpha (API token …{told.alpha.read[-4:]})"
    assert alpha_rows == {REQUEST: 1, LIST: 5, CSV: 5, DEVICE: 1}[path]
    assert stranger_asked == f"Stranger (API token …{told.stranger.read[-4:]})"
    assert rows == 0
    assert alpha_term == term == (str(METERS[1]) if path == DEVICE else str(REQUEST_ID))


def test_the_distributions_come_a_page_at_a_time_and_each_once(api: Caller, told: Cast) -> None:
    first = api.get(LIST, told.alpha.read, limit="2").json
    second = api.get(LIST, told.alpha.read, limit="2", cursor=first["next_cursor"]).json
    third = api.get(LIST, told.alpha.read, limit="2", cursor=second["next_cursor"]).json

    assert third["next_cursor"] is None
    pages = [device_ids(page["items"]) for page in (first, second, third)]
    assert pages == [
        [str(METERS[0]), str(METERS[1])],
        [str(METERS[2]), str(METERS[3])],
        [str(METERS[4])],
    ]


def test_a_page_that_holds_all_names_no_next_one(api: Caller, told: Cast) -> None:
    page = api.get(LIST, told.alpha.read, limit="5").json

    assert len(page["items"]) == 5
    assert page["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, METERS),
        ({"completion_status": "failed"}, (METERS[1], METERS[4])),
        ({"completion_status": "in_progress"}, (METERS[0], METERS[2], METERS[3])),
        ({"completion_status": "successful"}, ()),
        ({"completion_status": "complete"}, ()),
        ({"current_status": "rejected"}, (METERS[4],)),
        ({"current_status": "sent_to_csp"}, (METERS[2], METERS[3])),
        ({"completion_status": "failed", "current_status": "sent_to_csp"}, ()),
        ({"reason": "other_request_in_progress"}, (METERS[4],)),
        ({"reason": "other_request_in_progress", "current_status": "rejected"}, (METERS[4],)),
        ({"reason": "other_request_in_progress", "completion_status": "in_progress"}, ()),
        ({"reason": "Other_Request_In_Progress"}, ()),
        ({"reason": "N61", "pace": "slow"}, ()),
        ({"reason": "not given"}, ()),
    ],
)
def test_list_and_files_filter_alike(
    api: Caller, told: Cast, query: dict[str, str], expected: tuple[object, ...]
) -> None:
    listed = api.get(LIST, told.alpha.read, **query)
    downloaded = api.get(CSV, told.alpha.read, **query)

    assert device_ids(listed.json["items"]) == [str(device_id) for device_id in expected]
    rows = list(csv.DictReader(io.StringIO(downloaded.body.decode())))
    assert [row["Device ID"] for row in rows] == [str(device_id) for device_id in expected]
    assert [row[-1] for row in last_two_audited()] == [len(expected), len(expected)]
    spreadsheet = api.get(XLSX, told.alpha.read, **query)
    sheet = openpyxl.load_workbook(io.BytesIO(spreadsheet.body)).worksheets[0]
    headings, *cells = sheet.iter_rows(values_only=True)
    assert [row[headings.index("Device ID")] for row in cells] == [row["Device ID"] for row in rows]
    assert [row[-1] for row in last_two_audited()] == [len(expected), len(expected)]


def test_the_spreadsheet_is_a_download(api: Caller, told: Cast) -> None:
    downloaded = api.get(XLSX, told.alpha.read)

    assert downloaded.media_type == MEDIA_TYPE
    assert downloaded.headers["Content-Disposition"] == (
        f'attachment; filename="{str(REQUEST_ID).replace(":", "_")}.xlsx"'
    )


def test_a_request_is_summed_up_and_its_failures_counted_by_reason(api: Caller, told: Cast) -> None:
    found = api.get(REQUEST, told.alpha.read).json

    assert found["summary"] == (
        "None of 5 done, 3 under way, 2 failed. Main causes: an earlier update is still in "
        "progress (other_request_in_progress) and the image did not reach the Communications Hub "
        "(N61), 1 device each."
    )
    assert [
        (each["current_status"], each["reason"]["code"], each["count"])
        for each in found["failures"]
    ] == [
        ("rejected", "other_request_in_progress", 1),
        ("comms_hub_delivery_failed", "N61", 1),
    ]


@pytest.mark.parametrize(
    ("path", "query", "location", "name"),
    [
        ("/devices/00-DB-12-34-56-78-90", {}, "path", "device_id"),
        ("/devices/00DB1234567890AO", {}, "path", "device_id"),
        (f"/devices/{REQUEST_ID}", {}, "path", "device_id"),
        (f"/devices/{METERS[0]},{METERS[1]}", {}, "path", "device_id"),
        ("/service-requests/1000", {}, "path", "service_request_id"),
        (f"/service-requests/{REQUEST_ID}x", {}, "path", "service_request_id"),
        (LIST, {"limit": "0"}, "query", "limit"),
        (LIST, {"limit": "1001"}, "query", "limit"),
        (LIST, {"limit": "all"}, "query", "limit"),
        (LIST, {"cursor": "next"}, "query", "cursor"),
        (LIST, {"cursor": ""}, "query", "cursor"),
        (LIST, {"completion_status": "Failed"}, "query", "completion_status"),
        (LIST, {"current_status": "done"}, "query", "current_status"),
        (LIST, {"status": "failed"}, "query", "status"),
        (CSV, {"completion_status": ""}, "query", "completion_status"),
        (CSV, {"limit": "5"}, "query", "limit"),
        (XLSX, {"limit": "5"}, "query", "limit"),
        (LIST, {"reason": ""}, "query", "reason"),
        (XLSX, {"reason": "x" * 65}, "query", "reason"),
        (CSV, {"reason": "a\0b"}, "query", "reason"),
    ],
)
def test_a_malformed_parameter_is_named(
    api: Caller, told: Cast, path: str, query: dict[str, str], location: str, name: str
) -> None:
    refused = api.get(path, told.alpha.read, **query)

    assert refused.status == 400
    assert refused.json["code"] == "malformed_parameter"
    (error,) = refused.json["errors"]
    assert (error["location"], error["name"]) == (location, name)
    assert error["detail"]


@pytest.mark.parametrize(
    "form",
    [
        str(METERS[0]).replace("-", ""),
        str(METERS[0]).replace("-", ":").lower(),
        f'="{METERS[0]}"',
        f"Device ID: {METERS[0]}",
        f"0x{METERS[0]:}".replace("-", ""),
    ],
)
def test_an_id_is_read_in_every_form_that_pages_accept(api: Caller, told: Cast, form: str) -> None:
    usual = api.get(f"/devices/{METERS[0]}/events", told.alpha.read)
    path = f"/devices/{quote(form, safe='')}/events"
    answer = api.get(path, told.alpha.read)
    assert (answer.status, answer.body) == (200, usual.body)
    request_id = quote(f" {str(REQUEST_ID).lower()}; ", safe="")
    assert api.get(f"/service-requests/{request_id}", told.alpha.read).body == (
        api.get(f"/service-requests/{REQUEST_ID}", told.alpha.read).body
    )
    assert api.get(path, told.stranger.read).status == 404


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        (
            "/devices/00DB12345678",
            "Enter a Device ID of 16 hexadecimal digits: only 12 were found.",
        ),
        (
            f"/devices/{REQUEST_ID}",
            "Enter a Device ID: what you entered is a Service Request ID.",
        ),
        (
            f"/service-requests/{REQUEST_ID.originator}:{REQUEST_ID.target}",
            "Enter the whole Service Request ID: the counter after its second part is missing.",
        ),
    ],
)
def test_what_is_wrong_with_an_id_is_said(api: Caller, told: Cast, path: str, detail: str) -> None:
    (error,) = api.get(path, told.alpha.read).json["errors"]
    assert error["detail"] == detail


@pytest.mark.parametrize("limit", ["0", "1001", "all", "", "-1", "1.0", "+5", "1" * 5_000])
def test_a_limit_that_is_none_is_refused_in_words_that_say_what_is(
    api: Caller, told: Cast, limit: str
) -> None:
    (error,) = api.get(LIST, told.alpha.read, limit=limit).json["errors"]

    assert (error["name"], error["detail"]) == ("limit", "must be a whole number from 1 to 1000.")


def test_several_malformed_parameters_are_all_named(api: Caller, told: Cast) -> None:
    refused = api.get(LIST, told.alpha.read, limit="0", cursor="next", current_status="done")

    assert {error["name"] for error in refused.json["errors"]} == {
        "limit",
        "cursor",
        "current_status",
    }


def test_an_inventory_says_what_it_knows_and_from_where(api: Caller, told: Cast) -> None:
    found = api.get(f"/inventory/{METERS[0]}", told.alpha.read)

    assert found.status == 200
    assert found.json["device_id"] == str(METERS[0])
    assert found.json["tracked"] is True
    assert found.json["inventory"]["device_type"] == "ESME"
    assert found.json["inventory"]["responsible_supplier"] is None
    source = found.json["sources"]["device_type"]
    assert (source["kind"], source["learnt_at"]) == ("inventory_response", "2026-03-01T09:00:00Z")
    assert source["is_another_partys"] is False
    assert found.json["sister_devices"] == [{"device_id": str(METERS[1]), "device_type": None}]
    assert [flag["code"] for flag in found.json["flags"]] == ["image_problem"]
    assert found.json["suppliers"] == []


def test_an_inventory_is_not_there_for_strangers(api: Caller, told: Cast) -> None:
    unknown = api.get("/inventory/00-00-00-00-00-00-00-01", told.dcc.read)
    others = api.get(f"/inventory/{METERS[0]}", told.bravo.read)

    assert (unknown.status, others.status) == (404, 404)
    assert unknown.json["code"] == others.json["code"] == "not_found"
    assert api.get(f"/inventory/{METERS[0]}", told.dcc.read).status == 200


def test_peers_are_counts_beside_the_newest_update(api: Caller, told: Cast) -> None:
    found = api.get(f"{DEVICE}/peers", told.alpha.read)

    assert found.status == 200
    assert found.json["service_request_id"] == str(REQUEST_ID)
    in_request = {
        "kind": "service_request",
        "scope": "your_requests",
        "in_progress": 3,
        "failed": 2,
        "successful": 0,
    }
    assert in_request in found.json["groups"]
    assert datetime.fromisoformat(found.json["counted_at"]) < datetime.now(UTC)
    for outsider in (told.bravo, told.stranger):
        assert api.get(f"{DEVICE}/peers", outsider.read).status == 404
