"""``firmtrack db distribute``: a database that is spread over a cluster, with what is in it."""

import json
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from firmtrack.intake.files import envelopes_in
from firmtrack.intake.ingest import ingest
from firmtrack.intake.receive import OutcomeKind, Submitter
from firmtrack.simulator.scenario import Scenario
from firmtrack.store.consistency import disagreements
from firmtrack.store.database import migrate
from tests.citus import CITUS_URL, Cluster, on_a_cluster, on_one_server
from tests.databases import used
from tests.journeys.processes import called, ended, firmtrack, on, wait_until
from tests.oracle.simulated import Simulated, simulate
from tests.store.test_simulated_traffic import assert_tracker_knows

_AT_HOME = """
    SELECT relname FROM pg_dist_partition JOIN pg_class ON oid = logicalrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT relispartition
"""
_ON_THE_COORDINATOR = """
    SELECT count(*) FROM pg_class
    JOIN pg_dist_partition ON logicalrelid = oid AND partmethod <> 'n'
    WHERE relkind = 'r' AND pg_relation_size(oid) > 0
"""
_WAITING = """
    SELECT count(*) FROM pg_locks
    JOIN pg_database AS d ON d.oid = database
    WHERE NOT granted AND datname = current_database()
"""


@pytest.fixture
def gathered() -> Iterator[str]:
    """Return the conninfo of a migrated database that is on the coordinator alone."""
    assert CITUS_URL is not None
    with Cluster(CITUS_URL).fresh_database(shards=None) as conninfo:
        yield conninfo


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Simulated:
    scenario = Scenario(requests=4, devices=60, seed=11, doubled=True)
    return simulate(scenario, tmp_path_factory.mktemp("world") / "traffic.tar.gz")


def at_home(conninfo: str) -> set[str]:
    with psycopg.connect(conninfo) as connection:
        return {name for (name,) in connection.execute(_AT_HOME)}


@contextmanager
def held_up(conninfo: str) -> Iterator[None]:
    """Let nobody have the last of the tables that are moved, until the block ends."""
    with psycopg.connect(conninfo) as connection:
        connection.execute("LOCK TABLE retention IN ACCESS SHARE MODE")
        yield


def wait_for_waiting(conninfo: str, how_many: int) -> None:
    """Return once so many wait for a lock."""
    with psycopg.connect(conninfo, autocommit=True) as connection:
        wait_until(
            lambda: connection.execute(_WAITING).fetchone() == (how_many,), f"{how_many} wait"
        )


@on_one_server
def test_where_there_is_no_cluster_the_command_says_what_it_needs(
    own_database: str, tmp_path: Path
) -> None:
    done = called("db", "distribute", env=on(own_database, tmp_path))

    assert (done.returncode, done.stdout) == (1, "")
    assert "no Citus with a worker" in done.stderr


@on_a_cluster
def test_what_was_recorded_goes_with_its_tables_and_the_rest_is_taken_there(
    gathered: str, world: Simulated, tmp_path: Path
) -> None:
    messages = list(envelopes_in(world.written.traffic))
    with used(gathered):
        ingest(messages[: len(messages) // 2], Submitter.operator())
    done = called("db", "distribute", "--shards", "4", "--json", env=on(gathered, tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    assert (told["shards"], told["nodes"]) == (4, 2)
    assert set(told["moved"]) == at_home(gathered)
    with psycopg.connect(gathered) as connection:
        assert connection.execute(_ON_THE_COORDINATOR).fetchone() == (0,)
    with used(gathered):
        assert disagreements() == []
        ingest(messages, Submitter.operator())
        assert_tracker_knows(world)
        assert disagreements() == []


@on_a_cluster
def test_doing_it_again_moves_nothing(own_database: str, tmp_path: Path) -> None:
    done = called("db", "distribute", "--shards", "9", env=on(own_database, tmp_path))

    assert done.returncode == 0
    assert done.stdout == "0 tables were moved. Devices are in 4 shards on 2 nodes.\n"


@on_a_cluster
def test_killed_half_way_it_has_moved_nothing_and_done_again_everything(
    gathered: str, tmp_path: Path
) -> None:
    env = on(gathered, tmp_path)
    with held_up(gathered):
        process = firmtrack("db", "distribute", env=env)
        wait_for_waiting(gathered, 1)
        os.kill(process.pid, signal.SIGKILL)
        ended(process)

    assert at_home(gathered) == set()
    again = called("db", "distribute", env=env)
    assert again.returncode == 0
    assert "Devices are in 8 shards on 2 nodes." in again.stdout
    assert len(at_home(gathered)) > 20


@on_a_cluster
def test_who_hands_in_meanwhile_waits_and_loses_nothing(
    gathered: str, world: Simulated, tmp_path: Path
) -> None:
    env = on(gathered, tmp_path)
    with held_up(gathered):
        distributing = firmtrack("db", "distribute", "--shards", "4", env=env)
        wait_for_waiting(gathered, 1)
        taking = firmtrack("ingest", world.written.traffic, env=env)
        wait_for_waiting(gathered, 2)

    assert ended(distributing)[0] == 0
    assert ended(taking)[0] == 0
    with used(gathered):
        assert_tracker_knows(world)
        assert disagreements() == []
        again = ingest(envelopes_in(world.written.traffic), Submitter.operator())
        assert again.outcomes[OutcomeKind.RECORDED] == 0


@on_a_cluster
def test_a_migration_takes_new_tables_to_their_homes(own_database: str) -> None:
    new = {"going_tie", "pruned_distribution"}
    with psycopg.connect(own_database, autocommit=True) as connection:
        for name in sorted(new):
            connection.execute("SELECT undistribute_table(%s)", (name,))
    assert not new & at_home(own_database)

    migrate()
    assert new <= at_home(own_database)
