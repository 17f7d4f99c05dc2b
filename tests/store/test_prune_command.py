"""``firmtrack prune``: what it would do, does, and leaves on record."""

import json
from pathlib import Path

import pytest

from firmtrack.store.database import held, pool
from firmtrack.store.known_from import Kind, note_kept_from
from firmtrack.store.locks import AdvisoryKey
from tests.databases import used
from tests.journeys.processes import called, firmtrack, on, wait_until
from tests.store.test_lives import (
    NOTICES_KEPT,
    everything,
    executed,
    fill_leftovers,
    fill_notices,
    fill_quarantine,
    fill_records,
    month,
    subjects,
    terms,
)

KEPT = {f"{ago} {name}" for ago in range(4) for name in ("first", "last")}


@pytest.fixture
def env(own_database: str, tmp_path: Path) -> dict[str, str]:
    """A store in which something of every kind is older than it is to be kept."""
    with used(own_database):
        fill_records()
        fill_notices()
        fill_quarantine()
        fill_leftovers()
    return {
        **on(own_database, tmp_path),
        "FIRMTRACK_LOOKUP_MONTHS": "3",
        "FIRMTRACK_NOTICE_MONTHS": "4",
        "FIRMTRACK_QUARANTINE_MONTHS": "5",
    }


def test_a_dry_run_tells_of_each_kind_what_would_go_and_changes_nothing(
    env: dict[str, str], own_database: str
) -> None:
    with used(own_database):
        before = everything()

    done = called("prune", "--dry-run", env=env)

    assert (done.returncode, done.stderr) == (0, "")
    titles, *lines = [line.split("\t") for line in done.stdout.splitlines()]
    assert titles == ["What", "Before", "Rows", "Size", "Months", "What stays, and why"]
    rows = {cells[0]: cells[1:] for cells in lines if len(cells) > 1}
    assert rows["Look-ups in the audit"][1] == "32"
    assert len(rows["Look-ups in the audit"][3].split(", ")) == 10
    assert rows["Notices"][1::3] == [
        "3", "3: they wait, their incident goes on, or they are the last of a watch"
    ]  # fmt: skip
    assert rows["Quarantined inputs that were replayed"][1::3] == ["1", "1: they wait"]
    assert lines[-1][0].endswith(" would go. Nothing was changed.")
    told = json.loads(called("prune", "--dry-run", "--json", env=env).stdout)
    assert told["is_rehearsal"]
    assert {each["what"]: each["rows"] for each in told["ended"]}["acts"] == 32
    with used(own_database):
        assert everything() == before


def test_a_prune_is_on_record_as_an_act_from_its_beginning_with_what_came_of_it(
    env: dict[str, str], own_database: str
) -> None:
    done = called("prune", "--json", env=env)

    assert done.returncode == 0
    told = json.loads(done.stdout)
    lookups = next(each for each in told["ended"] if each["what"] == "lookups")
    assert (lookups["rows"], len(lookups["months"])) == (32, 10)
    with used(own_database):
        (began, ended) = executed(
            "SELECT kind, actor, detail FROM act WHERE kind LIKE 'prun%%' ORDER BY act_id"
        )
        assert terms() == KEPT
    assert began[0] == "prune_begun"
    assert f"lookups from 1 {month(3):%B %Y}" in began[2]
    assert ended[0] == "pruned"
    assert ended[1].startswith("operator")
    assert "lookups 32, acts 32, notices 3, tries 6" in ended[2]
    listed = called("audit", "list", "--kind", "pruned", env=env)
    assert "Let go what was old" in listed.stdout
    assert (
        listed.stderr == f"The audit is kept from 1 {month(3):%B %Y} on; what is older is gone.\n"
    )
    again = called("prune", env=env)
    assert again.stdout.splitlines()[-1] == "There was nothing to let go."


def test_a_second_prune_beside_the_first_says_so_and_does_nothing(
    env: dict[str, str], own_database: str
) -> None:
    with used(own_database), held(AdvisoryKey.PRUNING):
        second = firmtrack("prune", env=env)
        _, said = second.communicate()
        assert second.returncode == 1
        assert "Another prune is running" in said
        assert len(terms()) == len(subjects()) == 40


def test_a_prune_that_is_killed_is_finished_by_the_next(
    env: dict[str, str], own_database: str
) -> None:
    process = firmtrack("prune", env=env)
    with used(own_database):
        wait_until(
            lambda: bool(executed("SELECT 1 FROM act WHERE kind = 'prune_begun'")), "it has begun"
        )
    process.kill()
    process.communicate()

    assert called("prune", env=env).returncode == 0

    with used(own_database):
        assert terms() == KEPT
        assert {reason for (reason,) in executed("SELECT reason FROM notice")} == NOTICES_KEPT


def test_commands_say_from_when_on_they_know(env: dict[str, str], own_database: str) -> None:
    assert called("message", "list", env=env).stderr == ""
    assert called("notice", "list", env=env).stderr == ""
    with used(own_database), pool().connection() as connection:
        note_kept_from(connection, Kind.FACTS, month(13))
        note_kept_from(connection, Kind.NOTICES, month(4))
    day = f"1 {month(13):%B %Y}"

    assert called("message", "list", env=env).stderr.startswith(
        f"Firmtrack keeps messages from {day} on."
    )
    assert called("notice", "list", env=env).stderr.startswith(
        f"Notices are kept from 1 {month(4):%B %Y} on."
    )
    causes = called("causes", "--as-of", f"{month(13):%Y-%m}-03T00:00:00Z", env=env)
    assert causes.stderr.endswith(
        f"Compared are requests submitted from {day} on: of earlier ones not all updates are kept "
        "any more.\n"
    )
    device = "00-DB-12-34-56-78-90-99"
    found = called("find", "device", device, "--as-of", "2015-01-01T00:00:00Z", env=env)
    assert found.returncode == 1
    assert f"Firmtrack keeps updates from {day} on: what ended before may be" in found.stderr
    present = called("find", "device", device, env=env)
    assert f"Firmtrack keeps updates from {day} on: what ended before may be" in present.stderr
