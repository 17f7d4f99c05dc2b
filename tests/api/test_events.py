"""The events of a device that says much, a page at a time."""

from datetime import timedelta

import pytest

from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Variant
from firmtrack.store.ledger.recording import Batch, record
from tests.api.calling import Caller
from tests.api.world import METERS, Cast
from tests.pages.messages import ALPHA_ID, SUBMITTED, delivered, request

REQUEST = RequestId(ALPHA_ID, METERS[0], 5000)
METER = METERS[0]


@pytest.fixture
def alpha(cast: Cast) -> str:
    reasons = ("N61", "N45")
    record(
        Batch(
            messages=(
                request(REQUEST, Variant.UPDATE_FIRMWARE, [METER], SUBMITTED),
                *(
                    delivered(
                        METER,
                        SUBMITTED + timedelta(minutes=number),
                        REQUEST,
                        reason=reasons[number % 2],
                    )
                    for number in range(450)
                ),
            )
        )
    )
    return cast.alpha.read


def test_a_device_says_where_its_events_go_on_and_the_pages_fit_together(
    api: Caller, alpha: str
) -> None:
    (shown,) = api.get(f"/devices/{METER}", alpha).json["distributions"]
    assert len(shown["events"]) == 200
    pages, cursor = [shown["events"]], shown["events_next_cursor"]
    while cursor is not None:
        answer = api.get(
            f"/devices/{METER}/events",
            alpha,
            service_request_id=str(REQUEST),
            cursor=cursor,
            limit="100",
        )
        assert answer.status == 200
        pages.append(answer.json["items"])
        cursor = answer.json["next_cursor"]
    assert [len(page) for page in pages] == [200, 100, 100, 51]
    ids = [event["source"]["message_id"] for page in pages for event in page]
    assert len(set(ids)) == 451


def test_the_pages_fit_together_while_events_come(api: Caller, alpha: str) -> None:
    def recorded(number: float) -> None:
        at = SUBMITTED + timedelta(minutes=number)
        record(Batch(messages=(delivered(METER, at, REQUEST, reason="N62"),)))

    path = f"/devices/{METER}/events"
    cursor: dict[str, str] = {}
    ids: list[str] = []
    for number in range(5):
        answer = api.get(path, alpha, service_request_id=str(REQUEST), limit="100", **cursor)
        ids += [event["source"]["message_id"] for event in answer.json["items"]]
        cursor = {"cursor": answer.json["next_cursor"]}
        recorded(1000 + number)
        recorded(20.5 - number)
    assert cursor == {"cursor": None}
    assert len(ids) == len(set(ids)) == 451 + 4


def test_a_cursor_of_another_history_is_refused(api: Caller, alpha: str) -> None:
    path = f"/devices/{METER}/events"
    cursor = api.get(path, alpha, service_request_id=str(REQUEST)).json["next_cursor"]
    answer = api.get(path, alpha, cursor=cursor)
    assert answer.status == 400
    assert answer.json["errors"][0]["name"] == "cursor"
    assert "begin with its first page" in answer.json["errors"][0]["detail"]


def test_events_start_at_the_first_and_are_those_that_the_caller_may_see(
    api: Caller, alpha: str, cast: Cast
) -> None:
    path = f"/devices/{METER}/events"
    first = api.get(path, alpha, service_request_id=str(REQUEST), limit="1").json["items"]
    assert [event["times"] for event in first] == [1]
    assert api.get(path, alpha).json == {"items": [], "next_cursor": None}
    assert api.get(path, cast.bravo.read, service_request_id=str(REQUEST)).status == 404
    assert api.get(path, cast.bravo.read).status == 404
    assert api.get(path).status == 401


@pytest.mark.parametrize("cursor", ["", "nonsense", "AQAAAAAAAAAB", "A" * 20, "A" * 400])
def test_a_cursor_that_no_answer_gave_is_refused(api: Caller, alpha: str, cursor: str) -> None:
    answer = api.get(f"/devices/{METER}/events", alpha, cursor=cursor)
    assert answer.status == 400
