"""Taking messages in by the API: one at a time and in batches."""

import json
from dataclasses import replace
from io import BytesIO
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from firmtrack.api.submissions import BATCH_LIMIT_BYTES, BATCH_LIMIT_LINES, MESSAGE_LIMIT_BYTES
from tests.api.calling import Answer, Caller
from tests.api.world import (
    METERS,
    REQUEST_ID,
    Cast,
    accepted_but_for,
    delivered_to_hub,
    power_outage,
    stage_report,
    update_firmware,
)

XML = "application/xml"
NDJSON = "application/x-ndjson"
JSON = "application/json"


def duis_line(xml: bytes, time: str | None = None) -> bytes:
    return json.dumps({"xml": xml.decode(), "time": time}).encode()


def distributions(api: Caller, cast: Cast) -> Answer:
    return api.get(f"/service-requests/{REQUEST_ID}/distributions", cast.dcc.read)


def test_a_message_is_recorded_once(api: Caller, cast: Cast) -> None:
    first = api.post("/messages", cast.alpha.intake, update_firmware(), XML)
    again = api.post("/messages", cast.alpha.intake, update_firmware(), XML)

    assert (first.status, first.json["outcome"], first.json["events"]) == (200, "recorded", 1)
    assert (again.status, again.json["outcome"], again.json["events"]) == (200, "duplicate", 0)
    assert first.json["message_id"] == again.json["message_id"]
    assert len(distributions(api, cast).json["items"]) == len(METERS)


@pytest.mark.parametrize(
    "media_type",
    [
        "application/xml",
        "text/xml",
        "application/xml; charset=utf-8",
        'Application/XML; Charset="UTF-8"',
        "text/xml;charset=us-ascii",
        "application/octet-stream",
    ],
)
def test_duis_is_taken_under_each_of_its_media_types(
    api: Caller, cast: Cast, media_type: str
) -> None:
    taken = api.post("/messages", cast.alpha.intake, update_firmware(), media_type)

    assert taken.json["outcome"] == "recorded"


def test_what_is_not_about_firmware_is_ignored(api: Caller, cast: Cast) -> None:
    answer = api.post("/messages", cast.alpha.intake, power_outage(), XML)

    assert answer.status == 200
    assert answer.json == {"message_id": None, "outcome": "ignored", "events": 0}


@pytest.mark.parametrize("media_type", ["application/json", "application/cloudevents+json"])
def test_dcc_reports_a_stage(api: Caller, cast: Cast, media_type: str) -> None:
    api.post("/messages", cast.alpha.intake, update_firmware(), XML)

    answer = api.post("/messages", cast.dcc.intake, stage_report("1"), media_type)

    assert answer.json["outcome"] == "recorded"
    assert {item["current_status"] for item in distributions(api, cast).json["items"]} == {
        "sent_to_csp"
    }


def test_the_time_of_the_envelope_is_the_requests_time(api: Caller, cast: Cast) -> None:
    api.post(
        "/messages",
        cast.alpha.intake,
        update_firmware(),
        XML,
        **{"ce-time": "2026-03-01T10:30:00.5+01:00"},
    )

    found = api.get(f"/service-requests/{REQUEST_ID}", cast.alpha.read)
    assert found.json["submitted_at"] == "2026-03-01T09:30:00.500000Z"


@pytest.mark.parametrize(
    "time",
    [
        "",
        "yesterday",
        "2026-03-01",
        "2026-03-01T09:30:00",
        "20260301T093000Z",
        "2026-02-30T09:30:00Z",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_a_malformed_time_is_named_and_nothing_is_taken(api: Caller, cast: Cast, time: str) -> None:
    refused = api.post("/messages", cast.alpha.intake, update_firmware(), XML, **{"ce-time": time})

    assert refused.status == 400
    assert [error["name"] for error in refused.json["errors"]] == ["ce-time"]
    assert distributions(api, cast).status == 404


@pytest.mark.parametrize(
    ("body", "media_type", "reason_code"),
    [
        (b" ", XML, "not_xml"),
        (b"hello", XML, "not_xml"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', XML, "dtd"),
        (b"<a/>", XML, "unknown_root"),
        (b"{", "application/json", "not_json"),
        (b"{}", "application/json", "not_a_stage_report"),
    ],
)
def test_what_cannot_be_taken_is_quarantined_with_its_reason(
    api: Caller, cast: Cast, body: bytes, media_type: str, reason_code: str
) -> None:
    refused = api.post("/messages", cast.alpha.intake, body, media_type)

    assert refused.status == 422
    assert refused.json["code"] == "quarantined"
    assert refused.json["reason_code"] == reason_code
    assert refused.json["quarantine_id"] > 0


def test_a_party_cannot_submit_what_is_anothers(api: Caller, cast: Cast) -> None:
    for token in (cast.bravo.intake, cast.stranger.intake):
        refused = api.post("/messages", token, update_firmware(), XML)

        assert (refused.status, refused.json["reason_code"]) == (422, "not_yours")

    report = api.post("/messages", cast.alpha.intake, stage_report("1"), "application/json")
    assert (report.status, report.json["reason_code"]) == (422, "not_yours")
    assert distributions(api, cast).status == 404


@pytest.mark.parametrize(
    ("path", "media_type", "limit_bytes"),
    [
        ("/messages", XML, MESSAGE_LIMIT_BYTES),
        ("/messages/batch", NDJSON, BATCH_LIMIT_BYTES),
    ],
)
def test_a_body_that_is_too_large_is_refused_before_it_is_read(
    api: Caller, cast: Cast, path: str, media_type: str, limit_bytes: int
) -> None:
    response = api.client.generic(
        "POST",
        f"/api/v1{path}",
        b"not so much",
        content_type=media_type,
        headers={"Authorization": f"Bearer {cast.alpha.intake}"},
        CONTENT_LENGTH=str(limit_bytes + 1),
    )

    assert response.status_code == 413
    assert response.json()["code"] == "too_large"


def test_a_body_of_the_largest_size_is_read(api: Caller, cast: Cast) -> None:
    answer = api.post("/messages", cast.alpha.intake, b" " * MESSAGE_LIMIT_BYTES, XML)

    assert answer.status == 422


@pytest.mark.parametrize(
    ("length", "status", "code"),
    [("", 411, "length_required"), ("-1", 411, "length_required"), ("900", 400, "incomplete_body")],
)
def test_a_body_is_whole_or_refused(
    api: Caller, cast: Cast, length: str, status: int, code: str
) -> None:
    environ: dict[str, Any] = {"CONTENT_LENGTH": length, "wsgi.input": BytesIO(b"<a/>")}
    response = api.client.generic(
        "POST",
        "/api/v1/messages",
        b"<a/>",
        content_type=XML,
        headers={"Authorization": f"Bearer {cast.alpha.intake}"},
        **environ,
    )

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("path", "media_type", "headers"),
    [
        ("/messages", "", {}),
        ("/messages", "text/plain", {}),
        ("/messages", NDJSON, {}),
        ("/messages", "application/xml; charset=utf-16", {}),
        ("/messages", XML, {"Content-Encoding": "gzip"}),
        ("/messages/batch", XML, {}),
        ("/messages/batch", "application/cloudevents+json", {}),
    ],
)
def test_another_kind_of_body_is_refused(
    api: Caller, cast: Cast, path: str, media_type: str, headers: dict[str, str]
) -> None:
    refused = api.post(path, cast.alpha.intake, update_firmware(), media_type, **headers)

    assert refused.status == 415
    assert refused.headers["Accept"]


def test_a_bad_line_stops_no_other_line(api: Caller, cast: Cast) -> None:
    lines = [
        duis_line(update_firmware(), "2026-03-01T09:00:00Z"),
        b"neither JSON nor anything",
        duis_line(power_outage()),
        b"",
        stage_report("1"),
        duis_line(update_firmware()),
        duis_line(b"<a/>"),
        duis_line(power_outage(), "noon"),
        b'{"xml": 5}',
        b"\xff\xfe",
    ]

    answer = api.post("/messages/batch", cast.dcc.intake, b"\r\n".join(lines), NDJSON)

    assert answer.status == 200
    assert answer.media_type == NDJSON
    assert [line["outcome"] for line in answer.lines] == [
        "recorded",
        "quarantined",
        "ignored",
        "recorded",
        "duplicate",
        "quarantined",
        "quarantined",
        "quarantined",
        "quarantined",
    ]
    for line in answer.lines:
        is_quarantined = line["outcome"] == "quarantined"
        assert (line["reason"] is not None) == is_quarantined
        assert (line["quarantine_id"] is not None) == is_quarantined
    assert answer.lines[5]["reason"]["code"] == "unknown_root"
    found = api.get(f"/service-requests/{REQUEST_ID}", cast.alpha.read)
    assert found.json["submitted_at"] == "2026-03-01T09:00:00Z"
    assert found.json["current_status_counts"] == {"sent_to_csp": len(METERS)}


def test_an_array_is_answered_by_an_array_as_lines_are_by_lines(api: Caller, cast: Cast) -> None:
    items = [
        duis_line(update_firmware(), "2026-03-01T09:00:00Z"),
        stage_report("1"),
        duis_line(update_firmware()),
        duis_line(b"<a/>"),
        duis_line(power_outage(), "noon"),
        b'{"xml": 5}',
        b"null",
        b"[[]]",
    ]

    answer = api.post("/messages/batch", cast.dcc.intake, b"[" + b",\n".join(items) + b"]", JSON)

    assert (answer.status, answer.media_type) == (200, JSON)
    assert [item["outcome"] for item in answer.json] == [
        "recorded",
        "recorded",
        "duplicate",
        *["quarantined"] * 5,
    ]
    found = api.get(f"/service-requests/{REQUEST_ID}", cast.alpha.read)
    assert found.json["submitted_at"] == "2026-03-01T09:00:00Z"


@pytest.mark.parametrize(
    "body",
    [b" ", b"{}", b"null", b"[", b"[1,]", b"[" * 100_000, b'[{"xml": "<a/>"}] x', b"\xff"],
)
def test_what_is_no_array_is_refused_whole(api: Caller, cast: Cast, body: bytes) -> None:
    refused = api.post("/messages/batch", cast.dcc.intake, body, JSON)

    assert (refused.status, refused.json["code"]) == (400, "malformed_body")


def test_beyond_its_quota_a_party_is_told_so_and_what_is_right_is_taken(
    api: Caller, cast: Cast
) -> None:
    few = replace(settings.ENVIRONMENT, quarantine_megabytes=1)
    with override_settings(ENVIRONMENT=few):
        first = api.post("/messages", cast.alpha.intake, b"<a/>".ljust(999_000), XML)
        beyond = api.post("/messages", cast.alpha.intake, b"<b/>", XML)
        lines = [
            duis_line(b"<c/>"),
            duis_line(update_firmware()),
            duis_line(b"<a/>".ljust(999_000)),
        ]
        batch = api.post("/messages/batch", cast.alpha.intake, b"\n".join(lines), NDJSON)
        others = api.post("/messages", cast.bravo.intake, b"<b/>", XML)

    assert (first.status, others.status) == (422, 422)
    assert (beyond.status, beyond.json["code"]) == (507, "quarantine_full")
    assert beyond.json["reason_code"] == "unknown_root"
    assert "quarantine_id" not in beyond.json
    assert [line["outcome"] for line in batch.lines] == ["refused", "recorded", "quarantined"]
    refused = batch.lines[0]
    assert (refused["reason"]["code"], refused["quarantine_id"]) == ("quarantine_full", None)
    assert batch.lines[2]["quarantine_id"] == first.json["quarantine_id"]


def test_an_empty_batch_has_no_outcomes(api: Caller, cast: Cast) -> None:
    answer = api.post("/messages/batch", cast.alpha.intake, b"\n", NDJSON)

    assert (answer.status, answer.body) == (200, b"")


def test_a_batch_of_too_many_lines_is_refused_whole(api: Caller, cast: Cast) -> None:
    lines = [duis_line(update_firmware()), *[b"{}"] * BATCH_LIMIT_LINES]

    by_lines = api.post("/messages/batch", cast.alpha.intake, b"\n".join(lines), NDJSON)
    in_array = api.post("/messages/batch", cast.alpha.intake, b"[" + b",".join(lines) + b"]", JSON)

    assert by_lines.status == in_array.status == 413
    assert distributions(api, cast).status == 404


@pytest.mark.parametrize("time", ["1900-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_time_that_cannot_be_true_is_nobodys_and_the_request_is_taken(
    api: Caller, cast: Cast, time: str
) -> None:
    taken = api.post("/messages", cast.alpha.intake, update_firmware(), XML, **{"ce-time": time})
    assert (taken.status, taken.json["outcome"]) == (200, "recorded")
    for body in (accepted_but_for(), delivered_to_hub(METERS[0], is_success=True)):
        assert api.post("/messages", cast.dcc.intake, body, XML).status == 200

    found = api.get(f"/devices/{METERS[0]}", cast.alpha.read).json["distributions"][0]

    assert found["submitted_at"] == "2026-03-01T09:01:00Z"
    assert found["current_status_updated_at"] == "2026-03-01T11:00:00Z"
    delivered, *_ = found["events"]
    assert delivered["source"]["kind"] == "csp_firmware_delivery_status"
    assert delivered["occurred_at"] == "2026-03-01T11:00:00Z"
    assert delivered["device_time"] == "2026-03-01T10:00:00Z"
