"""Freshness by API: exact of one's own, and of others in a crowd only."""

from tests.api.calling import Caller
from tests.api.world import ALPHA_ID, Cast


def test_it_tells_of_each_source_when_anything_last_came(api: Caller, told: Cast) -> None:
    found = api.get("/freshness", told.alpha.read)

    assert found.status == 200
    sources = [(each["source"], each["csp_region"]) for each in found.json["sources"]]
    assert sources == [
        ("users", None),
        ("dsp", None),
        ("csp", None),
        ("stage_reports", None),
    ]
    assert found.json["complete_to"] == max(each["last_at"] for each in found.json["sources"])
    assert found.json["sentence"].startswith("Data complete to ")
    assert found.json["counted_at"] is None


def test_nobody_is_told_anything_of_a_single_other_party(api: Caller, told: Cast) -> None:
    for tokens in (told.bravo, told.stranger):
        found = api.get("/freshness", tokens.read)

        assert (found.status, found.json["sources"]) == (200, [])
        assert found.json["complete_to"] is None
        assert found.json["sentence"].startswith("Nothing of yours has come in yet")
    for tokens in (told.alpha, told.dcc):
        answer = api.get("/freshness", tokens.read)
        assert len(answer.json["sources"]) == 4
        assert str(ALPHA_ID).encode() not in answer.body


def test_a_parameter_is_refused(api: Caller, told: Cast) -> None:
    assert api.get("/freshness", told.alpha.read, as_of="2026-03-01T09:00:00Z").status == 400
