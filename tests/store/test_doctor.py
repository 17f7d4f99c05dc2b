"""``firmtrack doctor`` says what is wrong, and nothing where nothing is."""

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread

import pytest
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from django.core.cache import cache

from firmtrack.accounts.kinds import PartyKind, Role
from firmtrack.accounts.models import User
from firmtrack.accounts.parties import add_party
from firmtrack.accounts.people import add_user
from firmtrack.domain.stages import Status
from firmtrack.gateway.proxies import UNDECLARED_PROXY
from firmtrack.notices import endpoints
from firmtrack.notices.signs_of_life import giving_signs
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.database import pool
from firmtrack.store.known_from import Kind, note_kept_from
from tests.citus import on_one_server
from tests.databases import used
from tests.journeys.processes import called, on, wait_until
from tests.pki import Identity, make_identity, write_trust_store
from tests.store.facts import ALPHA_ID, BRAVO_ID, DCC, METERS, at, reported, request, take
from tests.store.test_lives import month
from tests.streams import Cluster
from tests.working import put

HOSTS = {"FIRMTRACK_ALLOWED_HOSTS": "firmtrack.example"}


@pytest.fixture
def env(own_database: str, tmp_path: Path) -> dict[str, str]:
    """An installation in which all is well."""
    return {**on(own_database, tmp_path), **HOSTS, "TMPDIR": str(tmp_path)}


def examined(env: Mapping[str, str]) -> dict[str, str]:
    """Return what each check found, as its level and its sentence; the exit status is right."""
    done = called("doctor", "--json", env=env)
    told = json.loads(done.stdout)
    assert told["is_well"] == all(each["level"] == "ok" for each in told["checks"])
    assert done.returncode == (0 if told["is_well"] else 1)
    assert all(each["advice"] for each in told["checks"] if each["level"] != "ok")
    return {each["name"]: f"{each['level']}: {each['sentence']}" for each in told["checks"]}


def test_nothing_is_wrong_where_all_is_well(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    found = examined(env)

    assert {each.split(":")[0] for each in found.values()} == {"ok"}, found
    assert len(found) == 19


def test_people_read_a_line_for_each_check(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()

    lines = called("doctor", env={**env, "COLUMNS": "200"}).stdout.splitlines()

    assert len(lines) == 20
    assert lines[:2] == ["Level\tCheck\tFinding", "ok\tsettings\tEvery setting can be read."]


def test_a_database_that_is_away_is_told_with_what_else_is_wrong(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()

    found = examined({**env, "DATABASE_URL": "postgresql://ada:geheim@127.0.0.1:1/firmtrack"})

    assert found["database"].startswith("fail: The database cannot be asked: ")
    assert "geheim" not in str(found)
    assert "schema" not in found


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("DELETE FROM django_migrations WHERE name = '0024_watching'", "of an earlier Firmtrack"),
        ("UPDATE served_from SET migration = '9999_later'", "of a later Firmtrack"),
        pytest.param(
            "DROP SCHEMA public CASCADE; CREATE SCHEMA public",
            "has no tables",
            marks=on_one_server,  # with the schema its Citus would go
        ),
    ],
)
def test_tables_that_cannot_be_served_are_told_and_left_as_they_are(
    env: dict[str, str], own_database: str, change: str, told: str
) -> None:
    with used(own_database), pool().connection() as connection:
        connection.execute(change.encode())

    first, second = (examined(env) for _ in range(2))

    assert first["schema"].startswith("fail:")
    assert told in first["schema"]
    assert first["schema"] == second["schema"]
    assert "dispatcher" not in first


def test_notices_that_nobody_sends_are_told(env: dict[str, str], own_database: str) -> None:
    with used(own_database):
        alpha = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
        made = endpoints.add_endpoint(alpha, WEBHOOK, "https://alpha.example/notices")
    assert examined(env)["dispatcher"].startswith("warn: There are endpoints")
    with used(own_database):
        endpoints.test_endpoint(DCC, made.endpoint_id)

    assert examined(env)["dispatcher"] == "fail: Notices wait, and no dispatcher runs."

    with used(own_database), giving_signs(), pool().connection() as connection:
        wait_until(lambda: connection.execute("SELECT FROM dispatcher").rowcount == 1, "it ran")
        connection.execute("UPDATE dispatcher SET seen_at = seen_at + interval '1 hour'")
        connection.execute("CREATE TABLE kept AS TABLE dispatcher")
    with used(own_database), pool().connection() as connection:
        connection.execute("INSERT INTO dispatcher TABLE kept")

    assert examined(env)["dispatcher"] == "ok: A dispatcher of notices runs."


def test_a_proxy_that_is_not_named_is_told(env: dict[str, str], own_database: str) -> None:
    with used(own_database):
        cache.set(UNDECLARED_PROXY, "192.0.2.80")

    assert examined(env)["proxies"] == (
        "warn: 192.0.2.80 passes calls on, and FIRMTRACK_TRUSTED_PROXIES does not name it."
    )


def test_people_whom_only_operators_look_after_are_told(
    env: dict[str, str], own_database: str
) -> None:
    with used(own_database):
        for name in ("Alpha Energy", "Bravo Power"):
            party = add_party(name, PartyKind.LARGE_SUPPLIER, [])
            add_user(f"ada@{name[:5].lower()}.example", party, "seven wet otters")
        add_user("ben@bravo.example", party, "seven wet otters", Role.VIEWER)
        User.objects.filter(email="ada@bravo.example").update(is_active=False)

    found = examined(env)["administrators"]

    assert found == "ok: Only operators look after the people of Bravo Power."


def test_what_is_left_to_be_folded_and_counted_is_told(
    env: dict[str, str], own_database: str
) -> None:
    with used(own_database):
        take(request(sent_at=at(0)), reported(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[:1]))
        with pool().connection() as connection:
            connection.execute("INSERT INTO unfolded_device VALUES (1, now())")

    found = examined(env)

    assert found["folding"].startswith("warn: A process that was killed")
    assert found["figures"] == "warn: The figures of delivery performance were never counted."
    assert called("performance", "refresh", env=env).returncode == 0
    found = examined(env)
    assert found["folding"].startswith("ok:")
    assert found["figures"].startswith("ok:")
    with used(own_database), pool().connection() as connection:
        connection.execute("UPDATE last_count SET counted_at = now() - interval '1 hour'")
    assert examined(env)["figures"].startswith("warn: The figures of delivery performance were")


def test_what_waits_for_a_prune_by_more_than_a_month_is_told(
    env: dict[str, str], own_database: str
) -> None:
    def word(months_ago: int) -> None:
        with used(own_database):
            take(reported(Status.VERIFIED, month(months_ago), request_id=None))

    word(14)  # since the month began: not for over a month
    assert examined(env)["retention"].startswith("ok:")
    word(15)
    found = examined(env)["retention"]
    assert found.startswith("warn: Updates from before 1 ")
    assert found.endswith("for over a month: they are to be kept for 13 months.")
    assert examined({**env, "FIRMTRACK_RETENTION_MONTHS": "14"})["retention"].startswith("ok:")

    with used(own_database), pool().connection() as connection:
        note_kept_from(connection, Kind.FACTS, month(13))  # what is left of before is to stay
    assert examined(env)["retention"].startswith("ok:")


def identity(number: int, *, ends_in: timedelta) -> Identity:
    eui = ALPHA_ID if number % 2 else BRAVO_ID
    return make_identity(eui, number, valid_to=datetime.now(UTC) + ends_in)


MONTHS, SOON, ENDED = timedelta(days=100), timedelta(days=29), timedelta(days=-1)


WHAT = "Of the 2 certificates of the trust store"


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ((MONTHS, MONTHS), f"ok: {WHAT} the first ends on"),
        ((MONTHS, SOON), f"warn: {WHAT} end within 30 days: {ALPHA_ID}."),
        ((MONTHS, ENDED), f"warn: {WHAT} have ended: {ALPHA_ID}."),
        ((ENDED, ENDED), f"fail: {WHAT} all have ended"),
    ],
)
def test_certificates_that_end_are_told_in_time(
    env: dict[str, str], tmp_path: Path, ends: tuple[timedelta, ...], told: str
) -> None:
    store = tmp_path / "trust"
    write_trust_store(store, *(identity(n, ends_in=each) for n, each in enumerate(ends, 2)))

    assert examined({**env, "FIRMTRACK_TRUST_STORE": str(store)})["trust_store"].startswith(told)


def test_a_trust_store_and_a_signer_that_cannot_be_read_are_told(
    env: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "trust").mkdir()
    (tmp_path / "trust" / "a.pem").write_text("no certificate")
    (tmp_path / "signer.pem").write_text("no key")

    found = examined(
        {
            **env,
            "FIRMTRACK_TRUST_STORE": str(tmp_path / "trust"),
            "FIRMTRACK_ALERT_SIGNER": str(tmp_path / "signer.pem"),
        }
    )

    assert found["trust_store"].startswith("fail: The trust store cannot be used")
    assert found["alert_signer"].startswith("fail:")


def test_an_alert_signer_that_is_about_to_end_is_told(env: dict[str, str], tmp_path: Path) -> None:
    ending = identity(1, ends_in=SOON)
    key = ending.signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path = tmp_path / "signer.pem"
    path.write_bytes(key + ending.pem)

    found = examined({**env, "FIRMTRACK_ALERT_SIGNER": str(path)})

    assert found["alert_signer"].startswith("warn: Of the alert signer's certificate end within")


def test_a_mail_server_is_called(env: dict[str, str]) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        away = f"smtp://127.0.0.1:{nobody.getsockname()[1]}"
        assert examined({**env, "FIRMTRACK_MAIL_SERVER": away})["mail_server"].startswith("fail:")
    with mail_server() as there:
        found = examined({**env, "FIRMTRACK_MAIL_SERVER": there})
    assert found["mail_server"].startswith("ok:")


@contextmanager
def mail_server() -> Iterator[str]:
    """Run a mail server that greets, and says OK to all it is told."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            connection, _ = listener.accept()
            with connection, connection.makefile("rwb") as lines:
                lines.write(b"220 here\r\n")
                lines.flush()
                while line := lines.readline():
                    lines.write(b"221 Bye\r\n" if line[:4].lower() == b"quit" else b"250 OK\r\n")
                    lines.flush()

        thread = Thread(target=answer, daemon=True)
        thread.start()
        yield f"smtp://127.0.0.1:{listener.getsockname()[1]}"
        thread.join()


def test_a_secret_key_that_others_can_read_is_told(env: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    kept = tmp_path / "data" / "secret-key"
    kept.write_text("x" * 64)
    kept.chmod(0o644)
    without = {**env, "FIRMTRACK_SECRET_KEY": ""}

    assert examined(without)["secret_key"] == f"fail: Others may read {kept}."
    kept.chmod(0o600)
    assert examined(without)["secret_key"].startswith("warn: The secret key is in")


def test_a_directory_that_cannot_be_written_and_a_portal_for_nobody_are_told(
    env: dict[str, str], tmp_path: Path
) -> None:
    found = examined({**env, "FIRMTRACK_DATA_DIR": str(tmp_path / "none"),
                      "FIRMTRACK_ALLOWED_HOSTS": "127.0.0.1"})  # fmt: skip

    assert found["data_directory"].startswith("fail:")
    assert found["settings"].startswith("warn: The portal answers to this machine's own names")


def test_a_stream_that_keeps_what_it_acknowledges_is_well(
    env: dict[str, str], stream_node: Cluster
) -> None:
    env = {**env, **stream_node.environment}
    assert examined(env)["stream"].startswith("warn: There is no stream FIRMTRACK yet.")
    put(stream_node, "firmtrack.messages.duis", b"<x/>")

    assert examined(env)["stream"] == (
        "ok: The stream FIRMTRACK keeps messages on one server, flushed one by one; 1 are in it."
    )


def test_a_stream_that_may_lose_messages_is_told_in_a_line_for_each_reason(
    env: dict[str, str], stream_node: Cluster
) -> None:
    put(stream_node, "firmtrack.messages.duis", b"<x/>")
    env = {**env, "NATS_URL": stream_node.url}

    def told(env: Mapping[str, str]) -> list[str]:
        done = called("doctor", "--json", env=env)
        assert done.returncode == 1
        return [
            f"{each['level']}: {each['sentence']}"
            for each in json.loads(done.stdout)["checks"]
            if each["name"] == "stream"
        ]

    reasons = [
        f"The stream {name} has 1 replica, and nothing shows that its servers flush each message."
        for name in ("FIRMTRACK", "OBJ_FIRMTRACK_BODIES")
    ]
    assert told(env) == [f"fail: {each}" for each in reasons]
    assert told({**env, "FIRMTRACK_STREAM_UNSAFE": "1"}) == [
        f"warn: {each} FIRMTRACK_STREAM_UNSAFE allows it." for each in reasons
    ]


def test_a_stream_that_is_away_is_told_without_what_lets_one_in(
    env: dict[str, str], stream_node: Cluster
) -> None:
    port = stream_node.nodes[0].port
    stream_node.nodes[0].kill()

    found = examined({**env, "NATS_URL": f"nats://ada:geheim@127.0.0.1:{port}"})

    assert found["stream"].startswith(f"fail: The stream at 127.0.0.1:{port} cannot be reached")
    assert "geheim" not in str(found)
    assert found["figures"].startswith("ok")


@pytest.mark.thorough
def test_a_stream_without_a_leader_is_told(env: dict[str, str], stream_nodes: Cluster) -> None:
    put(stream_nodes, "firmtrack.messages.duis", b"<x/>")
    stream_nodes.wait_until_replicated("FIRMTRACK")
    stream_nodes.nodes[0].kill()
    stream_nodes.nodes[1].kill()

    def is_told() -> bool:
        return examined({**env, **stream_nodes.environment})["stream"] == (
            "fail: The stream FIRMTRACK has no leader: it takes and gives nothing."
        )

    wait_until(is_told, "it is told that there is no leader")
