"""Who may see is one rule: SQL answers as Python does, and names a viewer in one place."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import firmtrack
from firmtrack.accounts.kinds import PartyKind
from firmtrack.accounts.parties import add_party
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.seeing import is_anothers
from firmtrack.domain.viewer import Viewer
from firmtrack.store.database import pool
from firmtrack.store.numbers import to_bigint
from firmtrack.store.reading.seeing import asked_by, filled
from tests.examples import examples
from tests.store.facts import ALPHA_ID, BRAVO_ID, DCC_ID

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
