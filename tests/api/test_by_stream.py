"""Messages that the API hands over to a stream, from which a worker has them recorded."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings
from nats.aio.client import Client as StreamClient

from firmtrack.accounts.parties import party_named
from firmtrack.domain.stages import Variant
from firmtrack.duis import documents as d
from firmtrack.duis.writer import write
from firmtrack.store.database import pool
from firmtrack.stream import publishing
from firmtrack.stream.names import STREAM
from tests.api.calling import PREFIX, Answer, Caller
from tests.api.world import (
    ALPHA_ID,
    METERS,
    REQUEST_ID,
    VERSION,
    Cast,
    delivered_to_hub,
    power_outage,
    stage_report,
    update_firmware,
)
from tests.pki import make_identity, write_trust_store
from tests.streams import Cluster, one_node
from tests.working import asked, bodies_in, left_in, state_of, take_all

XML = "application/xml"
NDJSON = "application/x-ndjson"
JSON = "application/json"


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Cluster]:
    """A stream that the API hands over to."""
    with one_node(tmp_path / "stream") as cluster:
        named = replace(
            settings.ENVIRONMENT,
            nats_url=tuple(cluster.url.split(",")),
            stream_monitoring=tuple(cluster.monitoring_urls.split(",")),
            intake="stream",
        )
        with override_settings(ENVIRONMENT=named):
            yield cluster
        publishing.close()


def status_of(api: Caller, accepted: Any, token: str) -> Answer:
    path, _, query = accepted["status_url"].partition("?")
    name, _, value = query.partition("=")
    return api.get(path.removeprefix(PREFIX), token, **{name: value})


def count_of(table: str) -> int:
    with pool().connection() as connection:
        row = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert row is not None
    return int(row[0])


def test_a_message_is_accepted_then_recorded(api: Caller, cast: Cast, stream: Cluster) -> None:
    accepted = api.post("/messages", cast.alpha.intake, update_firmware(), XML)

    assert (accepted.status, accepted.json["outcome"]) == (202, "accepted")
    waiting = status_of(api, accepted.json, cast.alpha.intake)
    assert waiting.json == {
        "message_id": accepted.json["message_id"],
        "outcome": "accepted",
        "kind": None,
        "reason": None,
        "quarantine_id": None,
    }
    assert count_of("message") == 0

    taken = take_all(stream)

    assert (taken.messages, taken.events) == (1, 1)
    assert status_of(api, accepted.json, cast.alpha.intake).json == {
        **waiting.json,
        "outcome": "recorded",
    }
    found = api.get(f"/service-requests/{REQUEST_ID}/distributions", cast.alpha.read)
    assert len(found.json["items"]) == len(METERS)
    with pool().connection() as connection:
        submission = connection.execute("SELECT submitter, token FROM message").fetchone()
    assert submission == ("Alpha", cast.alpha.intake[-4:])


def test_only_who_handed_a_message_in_is_told_what_became_of_it(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    accepted = api.post("/messages", cast.alpha.intake, update_firmware(), XML).json
    bare = f"/messages/{accepted['message_id']}/status"

    def strangers() -> list[Answer]:
        others = (cast.bravo, cast.dcc, cast.stranger)
        return [status_of(api, accepted, each.intake) for each in others]

    unknown = api.get("/messages/00000000-0000-0000-0000-00000000002a/status", cast.alpha.intake)
    assert (unknown.status, unknown.json["code"]) == (404, "not_found")
    assert strangers() == [unknown] * 3
    assert api.get(bare, cast.alpha.intake) == unknown  # without its receipt
    assert api.get(bare, cast.alpha.intake, receipt="1-2") == unknown

    take_all(stream)

    assert strangers() == [unknown] * 3
    assert api.get(bare, cast.alpha.intake).json["outcome"] == "recorded"


def test_a_receipt_of_another_message_is_good_for_nothing(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    first = api.post("/messages", cast.alpha.intake, update_firmware(), XML).json
    other = api.post(
        "/messages", cast.alpha.intake, delivered_to_hub(METERS[0], is_success=True), XML
    ).json
    _, _, receipt = first["status_url"].partition("receipt=")

    found = api.get(f"/messages/{other['message_id']}/status", cast.alpha.intake, receipt=receipt)

    assert found.status == 404


def test_what_another_party_handed_in_before_is_a_duplicate_of_its_own(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    first = api.post("/messages", cast.alpha.intake, update_firmware(), XML).json
    second = api.post("/messages", cast.dcc.intake, update_firmware(), XML).json
    again = api.post("/messages", cast.alpha.intake, update_firmware(), XML).json

    assert first["message_id"] == second["message_id"] == again["message_id"]
    assert left_in(stream).waiting == 2  # the stream passes over the very same of the same party
    take_all(stream)
    assert status_of(api, first, cast.alpha.intake).json["outcome"] == "recorded"
    assert status_of(api, second, cast.dcc.intake).json["outcome"] == "duplicate"


def test_what_is_not_about_firmware_is_told_to_be_ignored_and_its_kind(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    accepted = api.post("/messages", cast.alpha.intake, power_outage(), XML)

    assert accepted.status == 202
    take_all(stream)
    told = status_of(api, accepted.json, cast.alpha.intake).json
    assert (told["outcome"], told["kind"]) == ("ignored", "power_outage_event")


def test_what_is_malformed_or_not_ones_own_is_refused_at_once_and_never_in_the_stream(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    malformed = api.post("/messages", cast.alpha.intake, b"<a/>", XML)
    not_yours = api.post("/messages", cast.bravo.intake, update_firmware(), XML)

    assert (malformed.status, malformed.json["reason_code"]) == (422, "unknown_root")
    assert (not_yours.status, not_yours.json["reason_code"]) == (422, "not_yours")
    assert left_in(stream).waiting == 0
    assert count_of("quarantine") == 2


def test_a_signature_is_checked_by_the_worker_and_its_refusal_told(
    api: Caller,
    cast: Cast,
    stream: Cluster,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    accepted = api.post("/messages", cast.alpha.intake, update_firmware(), XML)
    assert accepted.status == 202
    trust = write_trust_store(tmp_path / "trust", make_identity(ALPHA_ID, 1))
    monkeypatch.setenv("FIRMTRACK_TRUST_STORE", str(trust))

    take_all(stream)

    told = status_of(api, accepted.json, cast.alpha.intake).json
    assert (told["outcome"], told["reason"]["code"]) == ("quarantined", "signature_missing")
    with pool().connection() as connection:
        row = connection.execute("SELECT quarantine_id, submitter FROM quarantine").fetchone()
    assert row == (told["quarantine_id"], "Alpha")


def test_each_line_of_a_batch_is_told_what_became_of_it(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    lines = [
        json.dumps({"xml": update_firmware().decode()}).encode(),
        b"{}",
        stage_report("1"),
    ]
    answer = api.post("/messages/batch", cast.dcc.intake, b"\n".join(lines), NDJSON)
    items = api.post("/messages/batch", cast.dcc.intake, b"[" + b",".join(lines) + b"]", JSON)

    assert answer.status == items.status == 200
    assert [line["outcome"] for line in answer.lines] == ["accepted", "quarantined", "accepted"]
    assert [line["outcome"] for line in items.json] == ["accepted", "quarantined", "accepted"]
    assert "status_url" not in answer.lines[1]
    assert take_all(stream).messages == 2
    for place in (0, 2):
        told = status_of(api, answer.lines[place], cast.dcc.intake).json
        assert (told["message_id"], told["outcome"]) == (
            answer.lines[place]["message_id"],
            "recorded",
        )


def test_while_the_stream_is_away_nothing_is_taken_and_one_is_told_to_come_again(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    assert api.post("/messages", cast.alpha.intake, power_outage(), XML).status == 202
    stream.nodes[0].kill()
    line = json.dumps({"xml": update_firmware().decode()}).encode()

    one = api.post("/messages", cast.alpha.intake, update_firmware(), XML)
    many = api.post("/messages/batch", cast.alpha.intake, line + b"\n{}", NDJSON)
    malformed = api.post("/messages", cast.alpha.intake, b"<a/>", XML)

    for refused in (one, many):
        assert (refused.status, refused.json["code"]) == (503, "stream_away")
        assert int(refused.headers["Retry-After"]) > 0
    assert malformed.status == 422  # nothing of it was for the stream
    assert (count_of("message"), count_of("quarantine")) == (0, 1)

    stream.nodes[0].start()
    stream.wait_until_ready()
    while (again := api.post("/messages", cast.alpha.intake, update_firmware(), XML)).status == 503:
        pass  # until the connection is there again
    assert again.status == 202
    assert take_all(stream).messages == 2  # what was accepted before the kill, too


def test_a_stream_that_is_full_takes_no_more_and_loses_nothing(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    async def limit(client: StreamClient) -> None:
        info = await client.jsm().stream_info(STREAM)
        await client.jsm().update_stream(info.config.evolve(max_msgs=1))

    asked(stream, limit)
    lines = [
        json.dumps({"xml": delivered_to_hub(meter, is_success=True).decode()}).encode()
        for meter in METERS[:2]
    ]
    batch = api.post("/messages/batch", cast.dcc.intake, b"\n".join(lines), NDJSON)
    one = api.post("/messages", cast.alpha.intake, update_firmware(), XML)

    assert sorted(line["outcome"] for line in batch.lines) == ["accepted", "refused"]
    (refused,) = (line for line in batch.lines if line["outcome"] == "refused")
    assert refused["reason"]["code"] == "stream_full"
    assert (one.status, one.json["code"]) == (503, "stream_full")
    assert int(one.headers["Retry-After"]) > 0
    assert take_all(stream).messages == 1


def test_the_largest_request_goes_through_the_object_store_which_is_empty_after_it(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    largest = write(
        d.UpdateFirmwareRequest(
            request_id=REQUEST_ID,
            variant=Variant.UPDATE_FIRMWARE,
            firmware_image=bytes(10_240_000),
            firmware_version=VERSION,
            device_ids=METERS,
        )
    )
    assert len(largest) > 13_600_000

    accepted = api.post("/messages", cast.alpha.intake, largest, XML)
    again = api.post("/messages", cast.alpha.intake, largest, XML)

    assert (accepted.status, again.status) == (202, 202)
    assert state_of(stream).messages == 1
    in_store = bodies_in(stream)
    assert 100 < in_store < 200  # one body: that which came twice was removed
    take_all(stream)
    assert status_of(api, accepted.json, cast.alpha.intake).json["outcome"] == "recorded"
    assert bodies_in(stream) == 0


def test_a_party_that_waits_is_told_so_after_another_was_renamed(
    api: Caller, cast: Cast, stream: Cluster
) -> None:
    accepted = api.post("/messages", cast.alpha.intake, update_firmware(), XML).json
    party = party_named("Bravo")
    party.name = "Bravo’s näme, %, \t and all".replace("\t", "")
    party.save()
    report = api.post("/messages", cast.bravo.intake, power_outage(), XML).json

    take_all(stream)

    assert status_of(api, accepted, cast.alpha.intake).json["outcome"] == "recorded"
    assert status_of(api, report, cast.bravo.intake).json["outcome"] == "ignored"
