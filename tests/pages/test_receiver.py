"""The demonstration's receiver: takes what is signed, shows it to its party, is nowhere else."""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from django.test import override_settings

from firmtrack import settings as product
from firmtrack.demonstration import receiver
from firmtrack.demonstration import settings as demonstration
from firmtrack.notices import webhook
from firmtrack.notices.endpoint_queue import PendingNotice
from firmtrack.notices.secrets import new_secret, unsealed
from firmtrack.store.database import pool
from tests.pages.browsing import Browsing
from tests.pages.world import VERIFIED, Cast

PAGE = "/demonstration/receiver"


@pytest.fixture(autouse=True)
def demonstrated(cast: Cast) -> Iterator[None]:
    """The portal as the demonstration serves it, with receivers of Alpha's and Bravo's."""
    receiver.create()
    receiver.tell(cast.ada.party)
    receiver.tell(cast.ben.party)
    receiver.point_to("http://127.0.0.1:8000")
    with override_settings(
        ROOT_URLCONF=demonstration.ROOT_URLCONF,
        INSTALLED_APPS=demonstration.INSTALLED_APPS,
        TEMPLATES=demonstration.TEMPLATES,
    ):
        yield
    with pool().connection() as connection:
        connection.execute("DROP TABLE demonstration_call")
        connection.execute("DELETE FROM notice_endpoint")


def secret_of(party_id: int) -> str:
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT secret FROM notice_endpoint WHERE party_id = %s", (party_id,)
        ).fetchone()
    assert row is not None
    return unsealed(row[0])


def event(notice_id: UUID, **data: object) -> bytes:
    told = {"device_count": 1, "devices": [{"device_id": str(VERIFIED)}]} | data
    return json.dumps(
        {"id": str(notice_id), "type": "firmtrack.distribution.verified.v1", "data": told}
    ).encode()


def post(
    party_id: int, body: bytes, secret: str, *, notice_id: UUID, at: datetime | None = None
) -> int:
    notice = PendingNotice(notice_id=notice_id, body=body)
    headers: Mapping[str, str] = webhook.headers_of(notice, [secret], at or datetime.now(UTC))
    response = Browsing.of_nobody().client.post(
        f"{PAGE}/{party_id}", body, content_type=webhook.CONTENT_TYPE, headers=headers
    )
    return int(response.status_code)


def send(party_id: int, notice_id: UUID | None = None, **data: object) -> int:
    notice_id = notice_id or uuid4()
    return post(party_id, event(notice_id, **data), secret_of(party_id), notice_id=notice_id)


def test_endpoints_lead_to_where_the_server_is_now(cast: Cast) -> None:
    receiver.point_to("http://127.0.0.1:9000")

    with pool().connection() as connection:
        rows = connection.execute("SELECT address FROM notice_endpoint ORDER BY 1").fetchall()
    assert [address for (address,) in rows] == sorted(
        f"http://127.0.0.1:9000{PAGE}/{person.party_id}" for person in (cast.ada, cast.ben)
    )


def test_what_is_signed_is_taken_once_and_shown(cast: Cast, ada: Browsing) -> None:
    notice_id = uuid4()
    assert send(cast.ada.party_id, notice_id) == 204
    assert send(cast.ada.party_id, notice_id) == 204

    (row,) = ada.open(PAGE).rows()
    assert row[0] == "Verified by device"
    assert row[2:] == [str(VERIFIED), str(notice_id)]


def test_what_is_not_signed_for_the_party_is_refused(cast: Cast, ada: Browsing) -> None:
    alpha, bravo = cast.ada.party_id, cast.ben.party_id
    notice_id = uuid4()
    body, right = event(notice_id), secret_of(alpha)
    long_ago = datetime.now(UTC) - timedelta(hours=1)

    assert post(alpha, body, new_secret(), notice_id=notice_id) == 401
    assert post(alpha, body, secret_of(bravo), notice_id=notice_id) == 401
    assert post(alpha, body, right, notice_id=notice_id, at=long_ago) == 401
    assert post(999_999, body, right, notice_id=notice_id) == 401
    for bad in (b"", b"[]", b"\xff", b'{"id": "1", "type": "x", "data": {}}'):
        assert Browsing.of_nobody().client.post(
            f"{PAGE}/{alpha}", bad, content_type=webhook.CONTENT_TYPE
        ).status_code == 401  # fmt: skip
    assert "Nothing has arrived yet." in ada.open(PAGE).one("main")


def test_each_party_sees_its_own_and_dcc_all(
    cast: Cast, ada: Browsing, ben: Browsing, olga: Browsing, stranger: Browsing
) -> None:
    for_alpha, for_bravo = uuid4(), uuid4()
    send(cast.ada.party_id, for_alpha)
    send(cast.ben.party_id, for_bravo)

    assert [row[-1] for row in ada.open(PAGE).rows()] == [str(for_alpha)]
    assert [row[-1] for row in ben.open(PAGE).rows()] == [str(for_bravo)]
    assert [row[1] for row in olga.open(PAGE).rows()] == ["Bravo Power", "Alpha Energy"]
    assert "Nothing has arrived yet." in stranger.open(PAGE).one("main")
    assert Browsing.of_nobody().get(PAGE).headers["Location"].startswith("/sign-in?")


def test_all_devices_many_and_none_are_told_apart(cast: Cast, ada: Browsing) -> None:
    send(cast.ada.party_id, device_count=50_000, devices="all")
    send(cast.ada.party_id, device_count=2, devices=[{"device_id": str(VERIFIED)}] * 2)
    send(cast.ada.party_id, device_count=0, devices=[])

    assert [row[2] for row in ada.open(PAGE).rows()] == ["–", "2", "All 50,000"]


def test_only_the_newest_are_kept(cast: Cast, ada: Browsing) -> None:
    alpha = cast.ada.party_id
    first, *others = (uuid4() for _ in range(receiver.CALLS_KEPT + 1))
    send(cast.ben.party_id)
    for notice_id in (first, *others):
        send(alpha, notice_id)

    assert [row[-1] for row in ada.open(PAGE).rows()] == [str(each) for each in reversed(others)]
    with pool().connection() as connection:
        row = connection.execute("SELECT count(*) FROM demonstration_call").fetchone()
    assert row == (receiver.CALLS_KEPT + 1,)


def test_the_page_of_notices_leads_there(ada: Browsing) -> None:
    (link,) = ada.open("/notices").root.xpath(f"//a[@href='{PAGE}']")
    assert link.text_content() == "What arrived at the demonstration’s receiver"


def test_it_exists_in_the_demonstration_alone(cast: Cast, ada: Browsing) -> None:
    body = json.dumps({})
    with override_settings(ROOT_URLCONF=product.ROOT_URLCONF, TEMPLATES=product.TEMPLATES):
        assert ada.get(PAGE).status_code == 404
        address = f"{PAGE}/{cast.ada.party_id}"
        assert ada.client.post(address, body, content_type="application/json").status_code == 404
        assert "demonstration’s receiver" not in ada.open("/notices").text
