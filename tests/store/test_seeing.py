"""Who may see is one rule: SQL answers as Python does, and names a viewer in one place."""

import ast
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import firmtrack
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.domain.dossier import Device, fold
from firmtrack.domain.facts import Message
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.seeing import is_anothers, view_of
from firmtrack.domain.viewer import Viewer
from firmtrack.lookups.seen import hub_of
from firmtrack.store.database import pool
from firmtrack.store.ledger.withdrawals import restore, withdraw
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading.dossiers import read_dossier
from firmtrack.store.reading.hub_devices import placed_at
from firmtrack.store.reading.seeing import asked_by, filled
from tests.examples import examples
from tests.store import test_inventory as known
from tests.store import test_rules_in_sql as rules
from tests.store import test_withdrawals as withdrawals
from tests.store.drawn import METERS
from tests.store.facts import (
    ALPHA,
    ALPHA_ID,
    BRAVO,
    BRAVO_ID,
    DCC,
    DCC_ID,
    HUB,
    STRANGER,
    at,
    digest,
    inventory,
    take,
)

SOURCE = Path(firmtrack.__file__).parent
SEEING = SOURCE / "store/reading/seeing.py"
NAMES_A_VIEWER = re.compile(r"%\((sees_all|user_ids|user_id_texts)\)s|\{(sees_all|user_ids)\}")

USER_IDS = (ALPHA_ID, BRAVO_ID, DCC_ID, Eui64(0), Eui64(2**64 - 1))
users = st.sampled_from(USER_IDS)
viewers = st.builds(Viewer.of_dcc, st.just("DCC's operator")) | st.builds(
    Viewer.of_user_ids, st.just("a party"), st.sets(users)
)
a_few_examples = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def by_sql(viewer: Viewer, condition: str, user_ids: Sequence[Eui64 | None]) -> list[bool]:
    """Return of each User whether the condition on ``v.user_id`` holds."""
    statement = "SELECT ({}) FROM unnest(%(asked)s::bigint[]) WITH ORDINALITY AS v (user_id, place)"
    asked = [None if user_id is None else to_bigint(user_id) for user_id in user_ids]
    with pool().connection() as connection:
        rows = connection.execute(
            filled(f"{statement.format(condition)} ORDER BY v.place").encode(),
            asked_by(viewer) | {"asked": asked},
        ).fetchall()
    return [holds for (holds,) in rows]


@pytest.mark.usefixtures("database")
@given(viewers, st.lists(users, min_size=1))
@a_few_examples
def test_a_request_is_seen_by_sql_as_by_python(viewer: Viewer, originators: list[Eui64]) -> None:
    requests = [RequestId(originator, DCC_ID, 1) for originator in originators]

    assert by_sql(viewer, "{sees:v.user_id}", originators) == [
        viewer.may_see(request_id) for request_id in requests
    ]


@pytest.mark.usefixtures("database")
@given(viewers, st.lists(st.none() | users, min_size=1))
@a_few_examples
def test_an_event_is_anothers_by_sql_as_by_python(
    viewer: Viewer, addressees: list[Eui64 | None]
) -> None:
    assert by_sql(viewer, "{is_anothers:v.user_id}", addressees) == [
        is_anothers(viewer, user_id) for user_id in addressees
    ]
    assert by_sql(viewer, "{is_sent_to_viewer:v.user_id}", addressees) == [
        user_id in viewer.user_ids for user_id in addressees
    ]


@pytest.mark.usefixtures("database")
def test_a_partys_notices_are_seen_by_who_has_one_of_its_user_ids() -> None:
    parties = {
        "Alpha": frozenset(USER_IDS[:2]),
        "Bravo": frozenset(USER_IDS[2:3]),
        "Charlie": frozenset[Eui64](),
    }
    for name, user_ids in parties.items():
        add_party(name, PartyKind.LARGE_SUPPLIER, user_ids)

    for viewer in (
        Viewer.of_dcc("DCC's operator"),
        *(Viewer.of_user_ids("one", [user_id]) for user_id in USER_IDS),
        Viewer.of_user_ids("two parties", USER_IDS[1:3]),
        Viewer.of_user_ids("a stranger", []),
    ):
        with pool().connection() as connection:
            rows = connection.execute(
                filled("SELECT name FROM accounts_party WHERE {sees_of_party:id}").encode(),
                asked_by(viewer),
            ).fetchall()
        assert {name for (name,) in rows} == {
            name
            for name, user_ids in parties.items()
            if viewer.sees_all or user_ids & viewer.user_ids
        }


HUBS = (HUB, Eui64(HUB + 1))
placings = st.builds(
    lambda number, minutes, device_id, user_id, hub, supplier: inventory(
        at(minutes), device_id, user_id=user_id, identity=digest(number), comms_hub_id=hub,
        responsible_supplier=supplier,
    ),
    st.integers(0, 2**16),
    st.integers(0, 4),
    st.sampled_from(METERS),
    st.none() | users,
    st.sampled_from(HUBS),
    st.none() | users,
)  # fmt: skip


@pytest.mark.usefixtures("database")
@given(
    st.lists(
        rules.messages | known.statements | placings,
        min_size=1,
        max_size=10,
        unique_by=lambda message: message.digest,
    ),
    st.data(),
)
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_no_device_on_a_hub_is_passed_over_whose_inventory_the_viewer_sees(
    history: list[Message], data: st.DataObject
) -> None:
    """At any moment, whatever was recorded or withdrawn since."""
    empty()
    read = withdrawals.reading(*history)
    some = st.lists(st.sampled_from(history), min_size=1, max_size=4, unique_by=id)
    moments: list[datetime | None] = [None]
    for batch in (history[::2], history[1::2]):
        take(*batch)
        moments.append(datetime.now(UTC))
    for do in (withdraw, restore):
        do(data.draw(some), "a trial", read)
        moments.append(datetime.now(UTC))

    devices = [folded(each, moment) for each in METERS for moment in moments]
    for viewer in (ALPHA, BRAVO, DCC, STRANGER):
        seen = [view for view in (view_of(viewer, each) for each in devices) if view.sees_inventory]
        for hub in HUBS:
            with pool().connection() as connection:
                found = placed_at(connection, viewer, hub, DCC_ID)
            assert {view.device.device_id for view in seen if hub_of(view) == hub} <= set(found)


def folded(device_id: Eui64, moment: datetime | None) -> Device:
    with pool().connection() as connection:
        return fold(read_dossier(connection, device_id, moment))


def empty() -> None:
    withdrawals.empty()
    known.empty()
    with pool().connection() as connection:
        connection.execute("DELETE FROM comms_hub_device")


def test_only_the_rule_itself_names_a_viewer_in_sql() -> None:
    assert NAMES_A_VIEWER.search(SEEING.read_text())
    naming = [
        path for path, text in sql_of_the_source() if path != SEEING and NAMES_A_VIEWER.search(text)
    ]

    assert naming == []


def test_no_statement_has_a_mark_that_stays() -> None:
    for path, text in sql_of_the_source():
        if path.suffix == ".sql":
            assert not re.search(r"\{[a-z_]+:", filled(text)), path


def sql_of_the_source() -> Iterator[tuple[Path, str]]:
    """Yield every statement's file, and every text in Python; not the committed migrations."""
    for path in SOURCE.rglob("*.sql"):
        if path.parent != SOURCE / "store/sql":
            yield path, path.read_text()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield path, node.value
