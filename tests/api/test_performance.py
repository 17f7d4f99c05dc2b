import csv
from datetime import UTC, datetime
from io import StringIO

import pytest

from tests.api.calling import Caller
from tests.api.world import ALPHA_ID, BRAVO_ID, Cast

PATH = "/delivery-performance"


def test_a_supplier_reads_the_figures_of_its_own_requests(api: Caller, told: Cast) -> None:
    found = api.get(PATH, told.alpha.read).json

    assert found["requests_waiting"] == 0
    assert datetime.fromisoformat(found["counted_at"]) < datetime.now(UTC)
    total = found["total"]
    assert [total[name] for name in ("distributions", "in_progress", "failed", "successful")] == [
        5, 3, 2, 0,
    ]  # fmt: skip
    assert total["success_rate"] == 0
    assert total["to_comms_hub"]["samples"] == 1
    assert 7_200 <= total["to_comms_hub"]["p50_seconds"] <= 7_200 * 1.02
    assert total["to_completion"] is None
    reasons = {(each["status"], each["reason"]) for each in found["reasons"]}
    assert reasons == {
        ("comms_hub_delivery_failed", "N61"),
        ("rejected", "other_request_in_progress"),
    }
    assert [each["value"] for each in found["by_week"]] == ["2026-02-23"]
    assert [each["value"] for each in found["by_csp_region"]] == [None, "North"]
    assert found["by_model"][1]["manufacturer"] == "00AB"
    hub = next(row for row in found["funnel"] if row["stage"] == "delivered_to_comms_hub")
    assert hub == {
        "stage": "delivered_to_comms_hub", "expected": 5, "reached": 1, "failed": 1, "waiting": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("query", "distributions"),
    [
        ({"submitted_from": "2026-03-01", "submitted_to": "2026-03-01"}, 5),
        ({"submitted_from": "2026-03-02"}, 0),
        ({"submitted_to": "2026-02-28"}, 0),
        ({"supplier": str(ALPHA_ID).lower()}, 5),
        ({"supplier": str(BRAVO_ID)}, 0),
    ],
)
def test_a_period_and_a_supplier_narrow_the_figures(
    api: Caller, told: Cast, query: dict[str, str], distributions: int
) -> None:
    found = api.get(PATH, told.dcc.read, **query).json

    assert found["total"]["distributions"] == distributions


@pytest.mark.parametrize(
    "query", [{"submitted_from": "soon"}, {"supplier": "Alpha"}, {"since": "2026-03-01"}]
)
def test_what_cannot_be_asked_for_is_refused(
    api: Caller, told: Cast, query: dict[str, str]
) -> None:
    for path in (PATH, f"{PATH}.csv"):
        refused = api.get(path, told.alpha.read, **query)
        assert (refused.status, refused.json["code"]) == (400, "malformed_parameter")


@pytest.mark.parametrize("name", ["submitted_from", "submitted_to"])
@pytest.mark.parametrize("text", ["0", "2026-03-01T00:00:00Z", "2026-3-1", "20260301", "", "x"])
def test_what_is_no_day_is_refused_in_words_that_say_what_is(
    api: Caller, told: Cast, name: str, text: str
) -> None:
    refused = api.get(PATH, told.alpha.read, **{name: text})

    assert (refused.status, refused.json["code"]) == (400, "malformed_parameter")
    detail = "must be a day (RFC 3339 full-date), such as 2026-03-01."
    assert refused.json["errors"] == [{"location": "query", "name": name, "detail": detail}]


def test_others_read_nothing_of_alphas_even_if_they_ask_for_it(api: Caller, told: Cast) -> None:
    for party in (told.bravo, told.stranger):
        for query in ({}, {"supplier": str(ALPHA_ID)}):
            found = api.get(PATH, party.read, **query).json
            assert found["total"]["distributions"] == 0
            assert found["reasons"] == found["by_csp_region"] == found["by_supplier"] == []
            rows = list(csv.reader(StringIO(api.get(f"{PATH}.csv", party.read).body.decode())))
            assert rows[1][:3] == ["All", "", "0"]
