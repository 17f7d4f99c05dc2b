"""Freshness by API: the same for everybody who has a token, and of nobody."""

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


def test_everybody_is_told_the_same_and_nothing_of_anybody(api: Caller, told: Cast) -> None:
    answers = [
        api.get("/freshness", tokens.read) for tokens in (told.alpha, told.bravo, told.stranger)
    ]

    lasts = [[each["last_at"] for each in answer.json["sources"]] for answer in answers]
    assert lasts[0] == lasts[1] == lasts[2]
    assert all(str(ALPHA_ID).encode() not in answer.body for answer in answers)


def test_a_parameter_is_refused(api: Caller, told: Cast) -> None:
    assert api.get("/freshness", told.alpha.read, as_of="2026-03-01T09:00:00Z").status == 400
