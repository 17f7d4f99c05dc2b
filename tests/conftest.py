"""What every test has: the product's settings; and may ask for: a fresh PostgreSQL database."""

import asyncio
import os
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings as django_settings
from hypothesis import settings

from firmtrack.domain.identifiers import Eui64
from firmtrack.store.embedded import EmbeddedPostgres
from tests.citus import CITUS_URL, ReusedClusterDatabase
from tests.citus import Cluster as CitusCluster
from tests.databases import (
    QUICK,
    Fresh,
    ReusedDatabase,
    binaries_of,
    fresh_database,
    make_template,
    used,
)
from tests.streams import Cluster, one_node, three_nodes

_ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": "firmtrack.settings",
    "FIRMTRACK_SECRET_KEY": "not a secret: the key of the tests",
    "FIRMTRACK_DATA_DIR": "/dev/null/not-a-directory",  # who needs one names one
    # The browser's driver runs an event loop in the main thread for as long as the browser lives.
    # No test calls Django from within it, but Django sees only that there is one.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}
_BINARIES = pytest.StashKey[Path | None]()
_HANDED_OVER = "firmtrack_test_postgres"


# No test is about speed. On a build machine the examples are always the same ones, so that what it
# says of a change is about the change; elsewhere they are new each time.
settings.register_profile(
    "change", deadline=None, derandomize=bool(os.environ.get("CI")), max_examples=25
)
settings.register_profile("thorough", settings.get_profile("change"), max_examples=100)
# On a cluster an example takes a second or two: each of its statements goes to several shards.
settings.register_profile("cluster", settings.get_profile("change"), max_examples=10)
settings.load_profile("cluster" if CITUS_URL else "change")


def _print_eui(eui: Eui64, printer: Any, _: bool) -> None:
    printer.text(repr(eui))


# Hypothesis prints what failed, and a large integer with grouped digits, which an EUI-64 refuses.
Eui64._repr_pretty_ = _print_eui  # type: ignore[attr-defined]  # read by the printer alone


def _set_up_django() -> str | None:
    """Give all tests the same settings; return FIRMTRACK_TEST_POSTGRES, which is none of them."""
    version = os.environ.get("FIRMTRACK_TEST_POSTGRES")
    for name in list(os.environ):
        if name.startswith("FIRMTRACK_") or name in {
            "DATABASE_URL",
            "DATABASE_REPLICA_URL",
            "NATS_URL",
            "NATS_CREDS",
            "NATS_CA",
        }:
            del os.environ[name]
    os.environ.update(_ENVIRONMENT)
    django.setup()
    django_settings.ALLOWED_HOSTS.append("testserver")  # by which Django's test client calls
    django_settings.PASSWORD_HASHERS = ["tests.passwords.CheapScrypt"]
    return version


# At import: the conftest.py of a directory that pytest is given is imported before any hook runs.
_ASKED_VERSION = _set_up_django()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add --thorough."""
    parser.addoption(
        "--thorough",
        action="store_true",
        help="run the tests marked thorough as well, and try each property with all its examples",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Find the PostgreSQL that FIRMTRACK_TEST_POSTGRES names; choose how many examples."""
    config.addinivalue_line("markers", "thorough: only with --thorough, by make test-thorough")
    if config.getoption("thorough"):
        settings.load_profile("thorough")
    handed_over: str | None = getattr(config, "workerinput", {}).get(_HANDED_OVER)
    version = handed_over or _ASKED_VERSION
    config.stash[_BINARIES] = binaries_of(version) if version else None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is thorough, unless it is asked for."""
    if config.getoption("thorough"):
        return
    left_out = [item for item in items if item.get_closest_marker("thorough")]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not item.get_closest_marker("thorough")]


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Hand the version on to a worker of pytest-xdist, whose environment has lost it."""
    binaries = node.config.stash[_BINARIES]
    node.workerinput[_HANDED_OVER] = binaries and binaries.parent.name


@pytest.fixture(scope="session")
def postgres_binaries(request: pytest.FixtureRequest) -> Path | None:
    """PostgreSQL's programs: None for the wheel's, Debian's with FIRMTRACK_TEST_POSTGRES=15."""
    return request.config.stash[_BINARIES]


@pytest.fixture(scope="session")
def postgres(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres_binaries: Path | None,
) -> Iterator[EmbeddedPostgres]:
    """The server of this run, one for all its workers."""
    run = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        run = run.parent
    with EmbeddedPostgres(run / "postgresql", QUICK, binaries=postgres_binaries) as server:
        make_template(server)
        yield server


@pytest.fixture(scope="session")
def fresh(request: pytest.FixtureRequest) -> Fresh:
    """What makes a migrated, empty database of its own: on the cluster, if there is one."""
    if CITUS_URL:
        return CitusCluster(CITUS_URL).fresh_database
    return partial(fresh_database, request.getfixturevalue("postgres"))


@pytest.fixture(scope="session")
def reused_database(fresh: Fresh) -> Iterator[ReusedDatabase]:
    """The database that this worker's tests have one after the other."""
    reused_of = ReusedClusterDatabase if CITUS_URL else ReusedDatabase
    with fresh() as conninfo, reused_of(conninfo) as reused:
        yield reused


@pytest.fixture
def database(reused_database: ReusedDatabase) -> Iterator[str]:
    """The conninfo of a migrated, empty database that no other test has meanwhile, in use."""
    with used(reused_database.next_conninfo()) as conninfo:
        yield conninfo
    reused_database.empty()


@pytest.fixture
def own_database(fresh: Fresh) -> Iterator[str]:
    """The same for tests that change more than rows: a fresh one, which is dropped afterwards."""
    with fresh() as conninfo, used(conninfo):
        yield conninfo


@pytest.fixture
def stream_node(tmp_path: Path) -> Iterator[Cluster]:
    """A JetStream server of the test's own, alone, which flushes each message; it is empty."""
    with one_node(tmp_path / "stream") as cluster:
        yield cluster


@pytest.fixture
def stream_nodes(tmp_path: Path) -> Iterator[Cluster]:
    """Three JetStream servers that are a cluster, ready and empty."""
    with three_nodes(tmp_path / "streams") as cluster:
        yield cluster


@pytest.fixture(autouse=True)
def event_loop_left_to_the_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """Let a test run an event loop of its own beside a browser that other tests have open.

    Playwright marks its loop as running in this thread for as long as the browser is, which it is
    only while a test uses the browser.
    """
    if "browser" in request.fixturenames:
        yield
        return
    playwrights = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(playwrights)
