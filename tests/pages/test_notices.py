"""The page of notices: a party's own, and each try with its answer."""

from collections.abc import Iterator

import pytest

from firmtrack.accounts.viewers import viewer_of
from firmtrack.notices import endpoints
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from tests.pages.browsing import Browsing
from tests.pages.world import Cast


@pytest.fixture
def endpoint_id(cast: Cast) -> Iterator[int]:
    """Alpha's endpoint, with a notice that was given up; gone again afterwards."""
    made = endpoints.add_endpoint(cast.ada.party, WEBHOOK, "https://alpha.example/notices")
    notice_id = endpoints.test_endpoint(viewer_of(cast.ada), made.endpoint_id)
    with pool().connection() as connection:
        connection.execute(
            "UPDATE notice SET state = 'dead', settled_at = now() WHERE notice_id = %s",
            (notice_id,),
        )
        connection.execute(
            "INSERT INTO notice_try VALUES (%s, now(), 1234, 400, NULL)", (notice_id,)
        )
    yield made.endpoint_id
    with pool().connection() as connection:
        connection.execute("DELETE FROM notice_endpoint")


def test_a_party_without_endpoints_is_told_what_to_do(ada: Browsing) -> None:
    text = ada.open("/notices").one("main")

    assert "Notices go nowhere yet." in text
    assert "There are no notices." in text


def test_endpoints_and_notices_are_shown_with_each_try(endpoint_id: int, ada: Browsing) -> None:
    text = ada.open("/notices").one("main")

    assert "https://alpha.example/notices" in text
    assert "Given up" in text
    assert "400 (1,234 ms)" in text


@pytest.mark.parametrize("who", ["ben", "stranger"])
def test_no_one_else_sees_it(endpoint_id: int, cast: Cast, who: str) -> None:
    other = Browsing.signed_in(getattr(cast, who))

    assert "alpha.example" not in other.get("/notices").content.decode()


def test_dcc_sees_whose_it_is(endpoint_id: int, olga: Browsing) -> None:
    assert "Alpha" in olga.open("/notices").one("main")


@pytest.mark.parametrize(
    "query", ["state=lost", "before=x", "before=-1", "before=9999999999999999999", "before="]
)
def test_what_makes_no_sense_is_refused(ada: Browsing, query: str) -> None:
    assert ada.get(f"/notices?{query}").status_code == 400


def test_only_notices_of_a_state_are_shown(endpoint_id: int, ada: Browsing) -> None:
    assert "400 (1,234 ms)" in ada.open("/notices?state=dead").one("main")
    assert "There are no such notices." in ada.open("/notices?state=delivered").one("main")
