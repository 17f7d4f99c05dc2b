"""Conditional requests: what has not changed in any word is not sent again, and nothing else is so.

An entity tag is of one viewer, so it tells nobody anything; and who is told that an answer of
theirs is still the same has looked at nothing.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.test import RequestFactory
from hypothesis import given, settings
from hypothesis import strategies as st

from firmtrack.accounts.kinds import TokenScope
from firmtrack.accounts.parties import party_named
from firmtrack.accounts.tokens import create_token
from firmtrack.api.conditional import Conditional
from firmtrack.diagnosis.reading import diagnoses
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import device as device_lookup
from firmtrack.presentation import documents
from firmtrack.presentation.times import utc_text
from firmtrack.store import wording
from firmtrack.store.database import pool
from tests.api.calling import Caller
from tests.api.world import (
    ALPHA_ID,
    DCC_ID,
    METERS,
    MORNING,
    REQUEST_ID,
    UNKNOWN_METER,
    Cast,
    inventory_of,
    power_outage,
    stage_report,
    update_firmware,
)
from tests.examples import examples

REQUEST = f"/service-requests/{REQUEST_ID}"
LIST = f"{REQUEST}/distributions"
DEVICE = f"/devices/{METERS[1]}"
INVENTORY = f"/inventory/{METERS[0]}"
VERSIONED = (REQUEST, LIST, DEVICE, INVENTORY)
_XML, _JSON = "application/xml", "application/json"


def audited() -> int:
    with pool().connection() as connection:
        row = connection.execute("SELECT count(*) FROM lookup_audit").fetchone()
    assert row is not None
    return int(row[0])


@pytest.mark.parametrize("path", VERSIONED)
def test_what_has_not_changed_is_not_sent_again_and_is_no_look_up(
    api: Caller, told: Cast, path: str
) -> None:
    first = api.get(path, told.alpha.read)
    looked_up = audited()

    for _ in range(3):
        again = api.poll(path, told.alpha.read, first.headers["ETag"])
        assert (again.status, again.body) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Vary"] == first.headers["Vary"]
        assert first.headers["Vary"] == "Authorization, Accept-Encoding, Prefer"
        assert again.left is not None  # it counts as a call
    assert audited() == looked_up


@pytest.mark.parametrize(
    "said",
    ["{tag}", '"{bare}"', 'W/"{bare}"', '"other", {tag}', 'W/"a",  {tag} , "b"', '{tag},"',
     "w/, x, {tag}"],
)  # fmt: skip
def test_tags_are_compared_weakly_and_may_be_several(api: Caller, told: Cast, said: str) -> None:
    tag = api.get(DEVICE, told.alpha.read).headers["ETag"]
    bare = tag.removeprefix('W/"').removesuffix('"')

    assert api.poll(DEVICE, told.alpha.read, said.format(tag=tag, bare=bare)).status == 304


@pytest.mark.parametrize("said", ["", '""', "W/", '"x"', "é", '"*"', "W/*", "*, *", ","])
def test_another_tag_or_none_has_the_answer_sent(api: Caller, told: Cast, said: str) -> None:
    assert api.poll(DEVICE, told.alpha.read, said).json == api.get(DEVICE, told.alpha.read).json


@pytest.mark.parametrize("path", VERSIONED)
def test_a_star_is_told_that_there_is_something_which_is_a_look_up(
    api: Caller, told: Cast, path: str
) -> None:
    looked_up = audited()

    assert api.poll(path, told.alpha.read, "*").status == 304
    assert audited() == looked_up + 1


@pytest.mark.parametrize("path", VERSIONED)
def test_head_is_told_the_tag_and_that_nothing_changed(api: Caller, told: Cast, path: str) -> None:
    looked_up = audited()
    asked = api.call("HEAD", path, told.alpha.read)
    assert audited() == looked_up + 1  # it says that there is such a device

    again = api.call(
        "HEAD", path, told.alpha.read, headers={"If-None-Match": asked.headers["ETag"]}
    )
    assert again.status == 304
    assert audited() == looked_up + 1


@pytest.mark.parametrize("path", VERSIONED)
def test_a_tag_is_of_one_viewer_and_tells_no_other_anything(
    api: Caller, told: Cast, path: str
) -> None:
    mine = api.get(path, told.alpha.read).headers["ETag"]
    colleague = create_token(party_named("Alpha"), TokenScope.READ, created_at=datetime.now(UTC))

    # The same is seen, and yet it is not said that it is the same.
    for token in (colleague, told.dcc.read):
        seen = api.poll(path, token, mine)
        assert seen.status == 200
        assert seen.headers["ETag"] != mine
    for token in (told.stranger.read, told.bravo.read):
        unseen = api.poll(path, token, mine)
        assert unseen == api.get(path, token)
        assert unseen.status == 404
        assert "ETag" not in unseen.headers


@pytest.mark.parametrize("said", ["*", 'W/"0"'])
def test_of_what_is_not_there_nothing_is_the_same(api: Caller, told: Cast, said: str) -> None:
    missing = f"/devices/{UNKNOWN_METER}"

    assert api.poll(missing, told.alpha.read, said) == api.get(missing, told.alpha.read)


def test_an_error_has_no_tag(api: Caller, told: Cast) -> None:
    for path, query in (("/devices/x", {}), (DEVICE, {"as_of": "never"})):
        refused = api.poll(path, told.alpha.read, "*", **query)
        assert refused.status == 400
        assert "ETag" not in refused.headers


def test_a_page_of_another_filter_has_another_tag(api: Caller, told: Cast) -> None:
    tags = {
        api.get(LIST, told.alpha.read, **query).headers["ETag"]
        for query in ({}, {"completion_status": "failed"}, {"limit": "2"}, {"limit": "3"})
    }

    assert len(tags) == 4


def test_a_past_moment_has_a_tag_of_its_own(api: Caller, told: Cast) -> None:
    now = utc_text(datetime.now(UTC) - timedelta(milliseconds=1))
    moment = api.get(DEVICE, told.alpha.read, as_of=now).headers["Firmtrack-As-Of"]
    then, present = api.get(DEVICE, told.alpha.read, as_of=moment), api.get(DEVICE, told.alpha.read)

    same = api.poll(DEVICE, told.alpha.read, then.headers["ETag"], as_of=moment)
    assert (same.status, same.headers["Firmtrack-As-Of"]) == (304, moment)
    assert api.poll(DEVICE, told.alpha.read, then.headers["ETag"]).status == 200
    assert api.poll(DEVICE, told.alpha.read, present.headers["ETag"], as_of=moment).status == 200


def test_what_operators_say_that_a_code_means_changes_the_tag(api: Caller, told: Cast) -> None:
    number = next(_numbers)
    request_id, devices = _made_up(number)
    report = _message((Status.REJECTED, 0, "X99", 0), number, request_id, devices)
    assert api.post("/messages", told.dcc.intake, *report).status == 200
    path = f"/devices/{devices[0]}"
    before = api.get(path, told.alpha.read)
    wording.set_wording("X99", "The hub was asleep.", set_by="olga")
    try:
        after = api.poll(path, told.alpha.read, before.headers["ETag"])
        assert "hub was asleep" in after.body.decode()
    finally:
        wording.clear_wording("X99")
    assert api.poll(path, told.alpha.read, before.headers["ETag"]).status == 304


@given(days=st.lists(st.floats(0.0, 60.0), min_size=2, max_size=12))
@settings(max_examples=examples(60), deadline=None)
def test_what_the_clock_alone_changes_changes_the_tag(told: Cast, days: list[float]) -> None:
    viewer = Viewer.of_user_ids("Ada", [ALPHA_ID])
    found = device_lookup.find_device(viewer, METERS[2])
    assert found is not None
    bodies: dict[str, bytes] = {}
    for each in sorted(days):
        at = MORNING + timedelta(hours=1, days=each)
        later = replace(found, diagnoses=diagnoses(found.device, now=at))
        asked = Conditional(RequestFactory().get("/"), viewer, None, _document)
        answer = asked.response_of(later)
        body = bodies.setdefault(answer.headers["ETag"], answer.content)
        assert body == answer.content
    assert len(bodies) == len(set(bodies.values()))


def _document(found: device_lookup.FoundDevice) -> documents.Device:
    return documents.device(found.device, found.diagnoses, found.response_ids)


_numbers = count(1)
_REASONS = (None, "image_discarded", "N61", "code_of_tomorrow")
_reports = st.tuples(
    st.sampled_from([each for each in Status if each is not Status.RECEIVED]),
    st.sampled_from(["all", 0, 1]),
    st.sampled_from(_REASONS),
    st.integers(0, 3),
)
_steps = st.lists(
    st.one_of(st.sampled_from(["request", "inventory", "outage", "again"]), _reports),
    min_size=1,
    max_size=10,
)


@given(steps=_steps)
@settings(max_examples=examples(40), deadline=None)
def test_whenever_anything_of_an_answer_changes_so_does_its_tag(told: Cast, steps: Any) -> None:
    number = next(_numbers)
    request_id, devices = _made_up(number)
    api = Caller()
    request = f"/service-requests/{request_id}"
    paths = (request, f"{request}/distributions", f"/devices/{devices[0]}",
             f"/inventory/{devices[0]}")  # fmt: skip
    tokens = (told.alpha.read, told.dcc.read)
    held = {(path, token): api.get(path, token) for path in paths for token in tokens}
    message = _message("request", number, request_id, devices)
    for step in steps:
        if step != "again":
            message = _message(step, number, request_id, devices)
        sent = api.post("/messages", told.dcc.intake, *message)
        assert sent.status == 200, sent.body
        for (path, token), before in held.items():
            polled = api.poll(path, token, before.headers.get("ETag", ""))
            now = api.get(path, token)
            is_same = (now.status, now.body) == (before.status, before.body)
            assert (polled.status == 304) == (is_same and now.status == 200)
            assert (now.headers.get("ETag") == before.headers.get("ETag")) == is_same
            held[path, token] = now


def _made_up(number: int) -> tuple[RequestId, tuple[Eui64, ...]]:
    devices = tuple(Eui64(0x00DB_2222_0000_0000 + 2 * number + each) for each in range(2))
    return RequestId(ALPHA_ID, DCC_ID, 50_000 + number), devices


def _message(
    step: Any, number: int, request_id: RequestId, devices: tuple[Eui64, ...]
) -> tuple[bytes, str]:
    if step == "request":
        return update_firmware(request_id, devices), _XML
    if step == "inventory":
        return inventory_of(devices[0]), _XML
    if step == "outage":
        return power_outage(), _XML
    status, device, reason, hour = step
    report = stage_report(
        f"{number} {step}",
        status,
        service_request_id=str(request_id),
        device_ids=device if device == "all" else [str(devices[device])],
        reason=reason if status.is_bad else None,
        occurred_at=f"2026-03-0{hour + 2}T09:30:00Z",
    )
    return report, _JSON
