"""The demonstration as it is made: received at past times, whole, and all that it claims is so."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import override_settings
from rich.console import Console

from firmtrack import settings as product
from firmtrack.accounts.models import User
from firmtrack.accounts.viewers import viewer_of
from firmtrack.answers.causes import CausesQuestion
from firmtrack.answers.devices import DeviceAnswer
from firmtrack.demonstration import handing_in, notes, preparation, trying
from firmtrack.demonstration import settings as demonstration
from firmtrack.demonstration.cast import ADA, ALF, BEN, CAST, OLU
from firmtrack.demonstration.estate import OLD_HUBS
from firmtrack.demonstration.handing_in import Hands
from firmtrack.demonstration.living import Life
from firmtrack.demonstration.trying import Try
from firmtrack.demonstration.world import HISTORY, DemonstrationWorld
from firmtrack.domain.causes import Attribute, Trait
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.pace import Pace
from firmtrack.domain.reconciliation import FlagKind
from firmtrack.domain.sources import MessageSource
from firmtrack.domain.stages import CompletionStatus, Status
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups import causes, device, freshness, request
from firmtrack.store import database
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import pool
from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.numbers import request_id_of, to_bigint
from tests.databases import fresh_database
from tests.looking import find_device
from tests.pages.browsing import Browsing

ORIGIN = "http://127.0.0.1:8000"
KEYS = {
    "failed", "before", "after", "dcc", "stalled", "lost", "moved", "gained", "request", "causes",
    "performance",
}  # fmt: skip


@contextmanager
def demonstrated(data_dir: Path) -> Iterator[None]:
    """Have what the demonstration serves within the block, with its notes in that directory."""
    with override_settings(
        ROOT_URLCONF=demonstration.ROOT_URLCONF,
        INSTALLED_APPS=demonstration.INSTALLED_APPS,
        TEMPLATES=demonstration.TEMPLATES,
        ENVIRONMENT=replace(demonstration.ENVIRONMENT, data_dir=data_dir),
    ):
        yield


def prepare(now: datetime | None = None) -> str:
    """Prepare the demonstration, and return what was printed."""
    printed = io.StringIO()
    preparation.prepare(Console(file=printed, width=200), ORIGIN, now)
    return printed.getvalue()


@pytest.fixture(scope="module")
def made(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Path, str]]:
    """A demonstration: its database, where its notes are, and what was printed."""
    data_dir = tmp_path_factory.mktemp("demonstration")
    with fresh_database(postgres) as conninfo, demonstrated(data_dir):
        database.use(conninfo)
        printed = prepare()
        database.close()
        yield conninfo, data_dir, printed


@pytest.fixture
def printed(made: tuple[str, Path, str]) -> Iterator[str]:
    """What was printed; the demonstration's database is in use, and its pages are served."""
    conninfo, data_dir, text = made
    with demonstrated(data_dir):
        database.use(conninfo)
        yield text
        database.close()


def tries() -> dict[str, Try]:
    return {each.key: each for each in trying.of(notes.read())}


def seen_by(email: str) -> Viewer:
    return viewer_of(User.objects.get(email=email))


def device_of(each: Try) -> DeviceAnswer:
    """Return the device that the link leads to, as whoever is to follow it sees it then."""
    parts = urlsplit(each.path)
    asked = parse_qs(parts.query).get("as_of")
    as_of = None if asked is None else datetime.fromisoformat(asked[0])
    device_id = Eui64.parse(parts.path.rpartition("/")[2])
    found = find_device(seen_by(each.email), device_id, as_of=as_of)
    assert found is not None
    return found


def newest(found: DeviceAnswer) -> CompletionStatus:
    return found.distributions[0].distribution.completion


def assert_all_is_so() -> None:
    """Fail unless each claim of what to try is true now."""
    found = tries()
    assert set(found) == KEYS
    assert newest(device_of(found["failed"])) is CompletionStatus.FAILED
    assert newest(device_of(found["dcc"])) is CompletionStatus.FAILED
    assert newest(device_of(found["after"])) is CompletionStatus.FAILED
    assert newest(device_of(found["before"])) is CompletionStatus.IN_PROGRESS
    assert_stalled(found["stalled"])
    assert_lost(found["lost"])
    assert_moved(found["moved"], found["gained"])
    assert_most_failed(found["request"])


def assert_stalled(each: Try) -> None:
    device_id = Eui64.parse(each.path.rpartition("/")[2])
    found = device.find_device(seen_by(each.email), device_id)
    assert found is not None
    assert Pace.STALLED in {one.pace for one in found.diagnoses.values() if one is not None}


def assert_lost(each: Try) -> None:
    found = device_of(each)
    flags = {flag.kind for flag in found.flags}
    assert {FlagKind.ACTIVATION_NOT_ANSWERED, FlagKind.SUSPENDED} <= flags
    assert found.inventory is not None
    activated = found.distributions[0].distribution.firmware_version
    listed = found.inventory.smi_firmware_version
    assert activated is not None
    assert listed is not None
    assert int(listed, 16) < int(activated, 16)


def assert_moved(lost: Try, gained: Try) -> None:
    before, after = device_of(lost), device_of(gained)
    assert before.distributions
    assert before.supplier_changed_at is None
    assert after.inventory is not None
    assert after.inventory.responsible_supplier in BEN.user_ids
    assert after.supplier_changed_at is not None
    assert before.distributions[0].distribution.submitted_at < after.supplier_changed_at


def assert_most_failed(each: Try) -> None:
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT originator, target, counter FROM request WHERE originator = %s",
            (to_bigint(ADA.user_ids[0]),),
        ).fetchall()
    viewer = seen_by(each.email)
    failed = {}
    for row in rows:
        found = request.find_request(viewer, request_id_of(*row))
        assert found is not None
        failed[str(found.request_id)] = found.completion_counts.get(CompletionStatus.FAILED, 0)
    assert failed[each.path.rpartition("/")[2]] == max(failed.values()) > 5


def assert_troubles_are_found() -> None:
    """Fail unless Alpha's causes have the outage, the old hubs and the bad model among them.

    The model had one version meanwhile: of later ones, which are good, it is told apart by that.
    """
    found = causes.find_causes(seen_by(ADA.email), CausesQuestion())
    assert found is not None
    named = {(each.key.status, trait) for each in found.causes for trait in each.key.traits}
    assert (Status.SEND_TO_CSP_FAILED, Trait(Attribute.CSP_REGION, "North")) in named
    old_hubs = Trait(Attribute.COMMS_HUB_FIRMWARE_VERSION, OLD_HUBS)
    assert (Status.COMMS_HUB_DELIVERY_FAILED, old_hubs) in named
    assert named & {
        (Status.DEVICE_TRANSFER_FAILED, Trait(Attribute.MODEL, "Tamar 3G")),
        (Status.DEVICE_TRANSFER_FAILED, Trait(Attribute.FIRMWARE_VERSION, "00030108")),
    }, named


def recorded() -> tuple[int, ...]:
    """Return how many messages, changes to be told and rows of the inventory there are."""
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM status_change)"
            " + (SELECT count(*) FROM notice), (SELECT count(*) FROM quarantine),"
            " (SELECT count(*) FROM event)"
        ).fetchone()
    assert row is not None
    return tuple(row)


def test_what_it_claims_is_so(printed: str) -> None:
    assert_all_is_so()


def test_its_store_is_whole(printed: str) -> None:
    assert disagreements() == []


def test_what_happened_was_received_within_two_hours_of_it(printed: str) -> None:
    with pool().connection() as connection:
        rows = connection.execute(
            "SELECT recorded_at - occurred_at FROM message WHERE occurred_at IS NOT NULL"
        ).fetchall()
        (spans,) = connection.execute(
            "SELECT ARRAY[max(recorded_at) - min(recorded_at), now() - max(recorded_at)]"
            " FROM message"
        ).fetchall()

    waits = sorted(wait for (wait,) in rows)
    assert waits[0] >= timedelta()
    assert waits[-20 * len(waits) // 1_000] <= timedelta(hours=2)  # the burst came again later
    assert waits[-1] <= timedelta(hours=5)
    assert HISTORY - timedelta(hours=5) < spans[0][0] < HISTORY
    assert timedelta() <= spans[0][1] < timedelta(hours=2)


def test_nothing_is_recorded_in_the_past_any_more(printed: str) -> None:
    with pool().connection() as connection:
        row = connection.execute("SELECT now() - pg_catalog.now()").fetchone()
    assert row == (timedelta(),)


def test_the_past_was_another(printed: str) -> None:
    page = Browsing.signed_in(User.objects.get(email=ADA.email)).open(tries()["before"].path)
    assert "This page shows what Firmtrack knew at" in page.text


def test_what_is_usual_of_the_sources_is_known(printed: str) -> None:
    fresh = freshness.freshness(seen_by(OLU.email), datetime.now(UTC))

    usual = {each.source: each.usual_silence_seconds for each in fresh.sources}
    for source in (MessageSource.USERS, MessageSource.DSP, MessageSource.DEVICES):
        seconds = usual[source]
        assert seconds is not None
        assert 600 <= seconds < 86_400


def test_its_three_troubles_are_found(printed: str) -> None:
    assert_troubles_are_found()


def test_some_input_was_quarantined_then(printed: str) -> None:
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT count(*), now() - max(recorded_at) FROM quarantine"
        ).fetchone()
    assert row is not None
    assert row[0] > 10
    assert row[1] > timedelta(days=7)


def test_it_prints_how_to_sign_in_and_what_to_try(printed: str) -> None:
    password = notes.read()["password"]
    for person in CAST:
        assert f"{person.name} of {person.party}" in printed
    assert printed.count(password) == len(CAST)
    for each in tries().values():
        assert each.text in printed
        assert f"{ORIGIN}/sign-in?next=" in printed


def test_the_sign_in_page_shows_the_accounts_and_what_to_try(printed: str) -> None:
    page = Browsing.of_nobody().open("/sign-in")

    buttons = page.all("main button")
    for person in CAST:
        assert f"Sign in as {person.name}" in buttons
        assert person.email in page.text
    assert notes.read()["password"] in page.text
    for each in tries().values():
        assert each.text in buttons


def test_each_thing_to_try_signs_in_and_leads_there(printed: str) -> None:
    page = Browsing.of_nobody().open("/sign-in")

    for each in tries().values():
        (form,) = page.root.xpath(f"//form[.//button[normalize-space()='{each.text}']]")
        fields = {field.get("name"): field.get("value") for field in form.xpath(".//input")}
        browsing = Browsing.of_nobody()
        answer = browsing.client.post("/sign-in", fields)
        assert answer.headers["Location"] == each.path
        assert browsing.open(each.path).status == 200


def test_a_link_that_is_printed_says_what_comes_and_every_account_leads_there(
    printed: str,
) -> None:
    each = tries()["stalled"]
    page = Browsing.of_nobody().open(trying.sign_in_path(each))

    assert f"You will then see: {each.text}." in page.text
    (form,) = page.root.xpath("//form[.//button[normalize-space()='Sign in as Alf']]")
    fields = {field.get("name"): field.get("value") for field in form.xpath(".//input")}
    assert fields["username"] == ALF.email
    answer = Browsing.of_nobody().client.post("/sign-in", fields)
    assert answer.headers["Location"] == each.path


def test_a_real_installation_shows_nothing_of_it(printed: str) -> None:
    password = notes.read()["password"]
    with override_settings(
        ROOT_URLCONF=product.ROOT_URLCONF,
        INSTALLED_APPS=product.INSTALLED_APPS,
        TEMPLATES=product.TEMPLATES,
    ):
        for address in ("/sign-in", "/sign-in?next=/causes"):
            page = Browsing.of_nobody().open(address)
            assert page.all("main button") == ["Sign in"]
            assert password not in page.text
            assert "demonstration" not in page.text
            assert not any(person.email in page.text for person in CAST)


def test_prepared_again_it_is_as_it_was(printed: str) -> None:
    before = recorded()
    with pool().connection() as connection:
        until = handing_in.handed_in_until(connection)
        assert until is not None
        # As if it had been killed before it could note the last hours.
        handing_in.note(connection, until - timedelta(hours=9))
    prepare(until)

    assert recorded() == before
    assert disagreements() == []


@pytest.mark.thorough
def test_after_a_day_switched_off_it_has_gone_on_and_all_is_so(
    own_database: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with demonstrated(tmp_path):
        prepare(now - timedelta(days=1))
        before = recorded()
        prepare(now)

        assert recorded() > before
        assert disagreements() == []
        assert_all_is_so()
        assert recorded_in(now - timedelta(days=1), now) >= 20


@pytest.mark.thorough
def test_after_a_week_of_living_all_is_so_and_its_troubles_are_found(
    own_database: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with demonstrated(tmp_path):
        notes.write({"password": "of no account", "world": notes.world_of(now - HISTORY * 4 / 3)})
        prepare(now)

        assert_all_is_so()
        assert_troubles_are_found()


@pytest.mark.thorough
def test_of_a_long_absence_the_last_two_weeks_are_made_up_for(
    own_database: str, tmp_path: Path
) -> None:
    now = datetime.now(UTC)
    with demonstrated(tmp_path):
        prepare(now - timedelta(days=40))
        prepare(now)

        with pool().connection() as connection:
            rows = connection.execute("SELECT submitted_at FROM request").fetchall()
        absent = now - timedelta(days=40), now - preparation.MOST_MISSED
        asked = [at for (at,) in rows]
        assert not [at for at in asked if absent[0] < at < absent[1]]
        assert [at for at in asked if at > absent[1]]
        assert disagreements() == []


def test_while_it_serves_it_hands_in_what_happens_once(printed: str) -> None:
    noted = notes.read()
    began_at = notes.began_at(noted)
    assert began_at is not None
    world, life, hands = DemonstrationWorld(began_at), Life(Event()), Hands()
    with pool().connection() as connection:
        until = handing_in.handed_in_until(connection)
        assert until is not None
        before = recorded()
        later = until + timedelta(minutes=4)  # as far ahead as a carrier's clock may be
        life.look(connection, world, hands, later)
        after = recorded()
        assert after[0] > before[0]
        handing_in.note(connection, until)
        Life(Event()).look(connection, DemonstrationWorld(began_at), hands, later)
        assert recorded() == after
        assert handing_in.handed_in_until(connection) == later


def test_another_versions_demonstration_stands_still(printed: str) -> None:
    noted = notes.read()
    before = recorded()
    try:
        notes.write(noted | {"world": noted["world"] | {"edition": 0}})
        text = prepare()
        page = Browsing.of_nobody().open("/sign-in")
    finally:
        notes.write(noted)

    assert "made by another version of Firmtrack" in text
    assert "nothing new comes" in page.text
    assert recorded() == before


def recorded_in(since: datetime, until: datetime) -> int:
    """Return in how many hours of that time anything was recorded."""
    with pool().connection() as connection:
        row = connection.execute(
            "SELECT count(DISTINCT date_trunc('hour', recorded_at)) FROM message"
            " WHERE recorded_at BETWEEN %s AND %s",
            (since, until),
        ).fetchone()
    assert row is not None
    return int(row[0])
