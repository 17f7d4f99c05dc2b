"""A backup that is restored, as docs/operations.md says: what is there again, and what is not."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.domain.stages import Status
from firmtrack.notices import endpoints
from firmtrack.notices.secrets import SecretUnreadable, unsealed
from firmtrack.notices.webhook import WEBHOOK
from firmtrack.store.schema import SchemaState, schema_state
from tests.journeys.processes import called, on
from tests.store.facts import ALPHA_ID, METERS, answer, at, inventory, reported, request, take


@pytest.fixture
def empty_database(own_database: str) -> Iterator[str]:
    """A database that was only just made, as createdb makes it."""
    name = f"restored_{secrets.token_hex(6)}"
    with psycopg.connect(make_conninfo(own_database, dbname="postgres"), autocommit=True) as made:
        made.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
        yield make_conninfo(own_database, dbname=name)
        made.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def program(conninfo: str, name: str) -> str:
    """Return a program that came with the server."""
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    assert row is not None
    return str(Path(row[0], name))


def test_a_backup_is_restored_whole_and_webhook_secrets_need_the_secret_key(
    own_database: str, empty_database: str, tmp_path: Path
) -> None:
    take(request(sent_at=at(0)), answer(answered_at=at(1), refused=METERS[4:]))
    take(reported(Status.DELIVERED_TO_COMMS_HUB, at(2), METERS[:3]))
    take(inventory(at(3), METERS[0], model="M1", firmware_version="00000001"))
    alpha = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    made = endpoints.add_endpoint(alpha, WEBHOOK, "https://alpha.example/notices")
    before = answers(own_database, tmp_path)
    dump = tmp_path / "firmtrack.dump"

    subprocess.run(
        [program(own_database, "pg_dump"), "--format=custom", f"--file={dump}", own_database],
        check=True,
    )
    subprocess.run(
        [
            program(own_database, "pg_restore"),
            "--no-owner",
            "--exit-on-error",
            f"--dbname={empty_database}",
            dump,
        ],
        check=True,
    )

    with psycopg.connect(empty_database) as connection:
        assert schema_state(connection) is SchemaState.SERVED
    assert answers(empty_database, tmp_path) == before
    checked = called("check", "--json", env=on(empty_database, tmp_path))
    assert json.loads(checked.stdout)["is_whole"]
    assert kept_secret(empty_database) == made.secret
    rotated = called("endpoint", "rotate", "1", "--json", env=on(empty_database, tmp_path))
    assert rotated.returncode == 0


def test_with_another_secret_key_no_webhook_can_be_signed(own_database: str) -> None:
    alpha = add_party("Alpha Energy", PartyKind.LARGE_SUPPLIER, [ALPHA_ID])
    made = endpoints.add_endpoint(alpha, WEBHOOK, "https://alpha.example/notices")
    assert kept_secret(own_database) == made.secret

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.conf.settings.SECRET_KEY", secrets.token_urlsafe(48))
        with pytest.raises(SecretUnreadable):
            kept_secret(own_database)


def kept_secret(conninfo: str) -> str:
    with psycopg.connect(conninfo) as connection:
        row = connection.execute("SELECT secret FROM notice_endpoint").fetchone()
    assert row is not None
    return unsealed(row[0])


def answers(conninfo: str, directory: Path) -> list[str]:
    """Return what the command line answers of some devices, as an operator and as a party."""
    env = on(conninfo, directory)
    found = [
        called("find", "device", str(each), *who, "--json", env=env)
        for each in METERS[:2]
        for who in ((), ("--as", "Alpha Energy"))
    ]
    assert all(each.returncode == 0 for each in found), found[0].stderr
    return [stripped(each.stdout) for each in found]


def stripped(answer: str) -> str:
    """Return an answer without what depends on when it was asked."""
    return "\n".join(line for line in answer.splitlines() if "silent" not in line)
