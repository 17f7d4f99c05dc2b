"""The page of notices: a party's own, and each try with its answer."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from firmtrack.accounts.viewers import viewer_of
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.stages import Status
from firmtrack.notices import endpoints
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from tests.pages.browsing import Browsing, Page
from tests.pages.world import Cast

CAUSE = CauseKey.of(Status.SENT_TO_CSP, None, [Trait(Attribute.CSP_REGION, "North")])


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


@pytest.fixture
def incident_id(cast: Cast) -> Iterator[UUID]:
    """Alpha's incident, of which two of three notices wait; gone again afterwards."""
    made = endpoints.add_endpoint(cast.ada.party, WEBHOOK, "https://alpha.example/notices")
    incident_id = uuid4()
    with pool().connection() as connection:
        connection.execute(
            """
            INSERT INTO party_incident (incident_id, party_id, is_own, topic, status, cause_id,
                opened_at, last_at, device_count)
            VALUES (%s, %s, true, 'distribution.stalled', 'sent_to_csp', %s, now(), now(), 12400)
            """,
            (incident_id, cast.ada.party.pk, CAUSE.cause_id),
        )
        for state, count in [("delivered", 1000), ("waiting", 1000), ("waiting", 400)]:
            connection.execute(
                """
                INSERT INTO notice (notice_id, endpoint_id, topic, device_ids, device_count, body,
                    created_at, waits_since, state, incident_id, is_newest)
                VALUES (gen_random_uuid(), %s, 'distribution.stalled', '{1,2}', %s, '', now(),
                    now(), %s, %s, %s)
                """,
                (made.endpoint_id, count, state, incident_id, count == 400),
            )
    yield incident_id
    with pool().connection() as connection:
        connection.execute("DELETE FROM notice_endpoint")
        connection.execute("DELETE FROM party_incident")


def sent(page: Page) -> list[str]:
    """Return the rows of what was sent on what stands still."""
    rows = [" ".join(row.split()) for row in page.all("tr")]
    return [row for row in rows if row.startswith("Stalled")]


def test_an_incident_is_one_row_with_its_cause_and_all_its_notices_a_link_away(
    incident_id: UUID, ada: Browsing
) -> None:
    page = ada.open("/notices")

    (row,) = sent(page)
    assert "12,400 The newest of its notices" in row
    assert f"Incident {incident_id}" in row
    links = page.links()
    assert links[f"What they have in common: incident {incident_id}"] == f"/causes/{CAUSE.cause_id}"
    notices = ada.open(links[f"All notices of it: incident {incident_id}"])
    assert [row.split(f": incident {incident_id} ")[-1].split()[0] for row in sent(notices)] == [
        "400",
        "1,000",
        "1,000",
    ]


def test_each_notice_of_an_incident_that_waits_is_shown(incident_id: UUID, ada: Browsing) -> None:
    assert len(sent(ada.open("/notices?state=waiting"))) == 2


@pytest.mark.parametrize("who", ["ben", "stranger"])
def test_no_one_else_sees_an_incident(incident_id: UUID, cast: Cast, who: str) -> None:
    other = Browsing.signed_in(getattr(cast, who))

    for address in ("/notices", f"/notices?incident={incident_id}"):
        page = other.open(address)
        assert sent(page) == []
        assert "12,400" not in page.one("main")


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
    "query",
    [
        "state=lost",
        "incident=x",
        "incident=",
        "before=x",
        "before=-1",
        "before=9999999999999999999",
        "before=",
    ],
)
def test_what_makes_no_sense_is_refused(ada: Browsing, query: str) -> None:
    assert ada.get(f"/notices?{query}").status_code == 400


def test_only_notices_of_a_state_are_shown(endpoint_id: int, ada: Browsing) -> None:
    assert "400 (1,234 ms)" in ada.open("/notices?state=dead").one("main")
    assert "There are no such notices." in ada.open("/notices?state=delivered").one("main")
