"""The audit as it is read: whose it is, in which order, and how it goes on."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from psycopg import Connection
from psycopg.rows import TupleRow

from firmtrack.answers.audit import AuditEntry, AuditFilter, AuditPlace
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.audit import download_audit, find_audit, read_audit
from firmtrack.presentation.audit import audit_csv
from firmtrack.store.database import pool
from firmtrack.store.reading import audit

ALPHA = Viewer("ada@alpha.example", frozenset(), party="Alpha")
DCC = Viewer.of_dcc("olga@dcc.example", party="DCC")
NOW = datetime(2026, 11, 14, 12, tzinfo=UTC)
ALL = AuditFilter()

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def connection(database: str) -> Iterator[Connection[TupleRow]]:
    with pool().connection() as connection:
        yield connection


def look_up(
    connection: Connection[TupleRow],
    minute: float,
    party: str | None = "Alpha",
    kind: str = "device",
    viewer: str = "ada@alpha.example",
) -> None:
    connection.execute(
        "INSERT INTO lookup_audit (looked_up_at, party, viewer, kind, term, row_count)"
        " VALUES (%s, %s, %s, %s, %s, 1)",
        (NOW + timedelta(minutes=minute), party, viewer, kind, f"look-up {minute}"),
    )


def act(
    connection: Connection[TupleRow],
    minute: float,
    party: str | None = "Alpha",
    actor: str = "operator (root)",
) -> None:
    connection.execute(
        "INSERT INTO act (acted_at, party, actor, kind, subject, detail)"
        " VALUES (%s, %s, %s, 'role_changed', %s, '')",
        (NOW + timedelta(minutes=minute), party, actor, f"act {minute}"),
    )


def subjects(entries: object) -> list[str]:
    assert isinstance(entries, list)
    return [each.subject for each in entries if each.kind != "audit"]


def pages_of(
    viewer: Viewer, wanted: AuditFilter, *, limit: int, most: int = 5_000
) -> Iterator[list[AuditEntry]]:
    before: AuditPlace | None = None
    while True:
        page = audit.list_audit(viewer, wanted, limit=limit, before=before, looked_at_most=most)
        yield list(page.entries)
        before = page.before
        if before is None:
            return


def test_look_ups_and_acts_are_in_one_order_and_each_is_on_exactly_one_page(
    connection: Connection[TupleRow],
) -> None:
    for minute in range(0, 20, 2):
        look_up(connection, minute)
    for minute in range(1, 12, 2):
        act(connection, minute)
    expected = [
        *(f"look-up {minute}" for minute in range(18, 11, -2)),
        *(f"{'act' if minute % 2 else 'look-up'} {minute}" for minute in range(11, -1, -1)),
    ]
    assert len(expected) == 16

    for limit in (1, 2, 3, 5, 16, 17, 100):
        found = list(pages_of(ALPHA, ALL, limit=limit))
        assert [each.subject for page in found for each in page] == expected
        assert all(len(page) == limit for page in found[:-1])


def test_a_party_sees_its_own_and_never_who_looked_at_its_things(
    connection: Connection[TupleRow],
) -> None:
    look_up(connection, 1)
    look_up(connection, 2, "Bravo", viewer="ben@bravo.example")
    look_up(connection, 3, "DCC", viewer="olga@dcc.example")
    look_up(connection, 4, None, viewer="operator")
    act(connection, 5)
    act(connection, 6, None)
    act(connection, 7, "Bravo")

    assert subjects(find_audit(ALPHA, ALL, limit=50)) == ["act 5", "look-up 1"]
    assert find_audit(ALPHA, ALL, limit=50)[1].who == "operator", "not which of them"
    nobody = Viewer("x", frozenset())
    assert find_audit(nobody, ALL, limit=50) == []
    assert subjects(find_audit(ALPHA, AuditFilter(party="Bravo"), limit=50)) == []
    every = find_audit(DCC, ALL, limit=50)
    assert len(subjects(every)) == 7
    assert "operator (root)" in {each.who for each in every}
    assert subjects(find_audit(DCC, AuditFilter(party="Bravo"), limit=50)) == ["act 7", "look-up 2"]


def test_a_filter_finds_what_is_far_back_portion_by_portion(
    connection: Connection[TupleRow],
) -> None:
    look_up(connection, 0, kind="inventory")
    for minute in range(1, 8):
        look_up(connection, minute)
        act(connection, minute + 0.5, actor="al@alpha.example")
    wanted = AuditFilter(kinds=frozenset({"inventory"}))

    found = list(pages_of(ALPHA, wanted, limit=50, most=3))

    assert [len(page) for page in found] == [0, 0, 1, 0]
    assert [each.subject for page in found for each in page] == ["look-up 0"]
    assert subjects(find_audit(ALPHA, wanted, limit=50)) == ["look-up 0"]
    by_al = AuditFilter(who="AL@ALPHA")
    assert [each.subject for page in pages_of(ALPHA, by_al, limit=2, most=3) for each in page] == [
        f"act {minute}.5" for minute in range(7, 0, -1)
    ]


@pytest.mark.parametrize("first", [0, 3, 12])
def test_a_period_is_found_wherever_it_lies(connection: Connection[TupleRow], first: int) -> None:
    hour = 60
    for minute in range(15):
        look_up(connection, minute * hour)
        act(connection, minute * hour + 1)
    wanted = AuditFilter(since=NOW + timedelta(hours=first), until=NOW + timedelta(hours=first + 2))

    found = [each.subject for page in pages_of(ALPHA, wanted, limit=3) for each in page]

    assert found == [
        text
        for number in (first + 1, first)
        for text in (f"act {number * hour + 1}", f"look-up {number * hour}")
    ]


def test_to_read_the_audit_is_a_look_up_and_so_is_each_portion_of_a_download(
    connection: Connection[TupleRow],
) -> None:
    look_up(connection, 0)
    read_audit(ALPHA, AuditFilter(who="ada"), limit=5)
    assert len(list(download_audit(ALPHA, ALL))) == 2

    rows = connection.execute(
        "SELECT viewer, party, kind, term, row_count FROM lookup_audit ORDER BY lookup_id"
    ).fetchall()
    assert rows[1:] == [
        (ALPHA.name, "Alpha", "audit", "who=ada", 1),
        (ALPHA.name, "Alpha", "audit_csv", "", 2),
    ]


def test_the_file_is_safe_in_a_spreadsheet() -> None:
    entry = AuditEntry(
        at=NOW, party="=Alpha", who="+1", kind="-new", subject="@SUM(A1)", detail='a "b"\r\nc',
        rows=None, as_of=NOW,
    )  # fmt: skip

    header, *lines = b"".join(audit_csv([entry] * 2)).decode().split("2026-11-14T12:00:00Z,'=")

    assert header == "Time,Party,Who,Kind,What,Detail,Rows,As of\r\n"
    assert lines[0].startswith(
        'Alpha,\'+1,\'-new,\'@SUM(A1),"a ""b""‹U+000D›‹U+000A›c",,2026-11-14T12:00:00Z'
    )
