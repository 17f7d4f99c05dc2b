"""The embedded server: shared by processes, gone after the last, found again after every crash."""

import os
import signal
import stat
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from firmtrack.store.embedded import EmbeddedPostgres, EmbeddedPostgresFailed
from tests.databases import QUICK
from tests.store.server_processes import (
    User,
    is_gone,
    is_supervisor,
    network_connections_of,
    postmaster_of,
    processes_of,
    supervisor_of,
    wait_until,
)

Make = Callable[..., EmbeddedPostgres]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "pg"


@pytest.fixture
def make(directory: Path, postgres_binaries: Path | None) -> Make:
    """Return a server in the test's directory, not yet held."""

    def make(path: Path = directory, **settings: str) -> EmbeddedPostgres:
        return EmbeddedPostgres(path, {**QUICK, **settings}, binaries=postgres_binaries)

    return make


@pytest.fixture
def start_user(postgres_binaries: Path | None) -> Iterator[Callable[[Path], User]]:
    """Start other processes that hold a server; they are ended with the test."""
    users: list[User] = []

    def start(path: Path) -> User:
        users.append(User.start(path, postgres_binaries))
        return users[-1]

    yield start
    for user in users:
        user.forget()


def query(server: EmbeddedPostgres, statement: str) -> object:
    with psycopg.connect(server.conninfo(), autocommit=True) as connection:
        found = connection.execute(statement)
        row = found.fetchone() if found.description else None
        return row and row[0]


def wait_until_it_answers(server: EmbeddedPostgres) -> None:
    def answers() -> bool:
        try:
            return query(server, "SELECT 1") == 1
        except psycopg.OperationalError:
            return False

    wait_until(answers)


def test_processes_share_one_server_and_the_last_one_out_stops_it(
    make: Make, directory: Path, start_user: Callable[[Path], User]
) -> None:
    with make() as server:
        other = start_user(directory)
        other.wait()
        postmaster = postmaster_of(directory)
        assert other.backend_of(postmaster)
    query(server, "SELECT 1")  # the other still holds it
    assert postmaster_of(directory) == postmaster
    other.leave()
    wait_until(lambda: is_gone(directory))


def test_four_first_starts_at_once_make_one_server(
    directory: Path, start_user: Callable[[Path], User]
) -> None:
    users = [start_user(directory) for _ in range(4)]
    for user in users:
        user.wait()
    postmaster = postmaster_of(directory)
    assert all(user.backend_of(postmaster) for user in users)
    assert len([p for p in processes_of(directory) if is_supervisor(p)]) == 1


def test_killed_users_leave_nothing_behind(
    directory: Path, start_user: Callable[[Path], User]
) -> None:
    users = [start_user(directory) for _ in range(2)]
    for user in users:
        user.wait()
    for user in users:
        user.kill()
    wait_until(lambda: is_gone(directory))


def test_a_user_killed_while_the_server_starts_leaves_nothing_behind(
    directory: Path, start_user: Callable[[Path], User]
) -> None:
    user = start_user(directory)
    wait_until(lambda: not is_gone(directory))
    user.kill()
    wait_until(lambda: is_gone(directory))


def test_the_server_outlives_its_starter_and_keeps_none_of_its_files(
    make: Make, directory: Path, start_user: Callable[[Path], User]
) -> None:
    starter = start_user(directory)
    starter.wait()
    with make() as server:
        starter.kill()
        assert starter.rest_of_output() == ""  # the pipe has ended: nobody else has it open
        assert query(server, "SELECT 1") == 1


def test_a_server_whose_supervisor_and_users_were_killed_is_adopted_and_later_stopped(
    make: Make, directory: Path, start_user: Callable[[Path], User]
) -> None:
    user = start_user(directory)
    user.wait()
    postmaster = postmaster_of(directory)
    supervisor_of(directory).kill()
    user.kill()
    with make() as server:
        assert query(server, "SELECT 1") == 1
        assert postmaster_of(directory) == postmaster
        assert supervisor_of(directory).is_running()
    wait_until(lambda: is_gone(directory))


def test_a_killed_server_comes_back_for_those_who_hold_it_with_all_that_was_committed(
    make: Make, directory: Path
) -> None:
    with make() as server:
        query(server, "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
        postmaster_of(directory).kill()
        wait_until_it_answers(server)
        assert query(server, "SELECT count(*) FROM kept") == 1000
    wait_until(lambda: is_gone(directory))


def test_after_everything_is_killed_the_next_start_recovers_what_was_committed(
    make: Make, directory: Path, start_user: Callable[[Path], User]
) -> None:
    user = start_user(directory)
    user.wait()
    query(make(), "CREATE TABLE kept AS SELECT generate_series(1, 1000) AS n")
    for process in (supervisor_of(directory), postmaster_of(directory)):
        process.kill()
    user.kill()
    assert (directory / "data" / "postmaster.pid").exists()
    with make() as server:
        assert query(server, "SELECT count(*) FROM kept") == 1000


def test_a_pid_file_that_names_a_stranger_neither_fools_nor_stops_us(
    make: Make, directory: Path
) -> None:
    with make():
        pass
    wait_until(lambda: is_gone(directory))
    pid_file = directory / "data" / "postmaster.pid"
    owner = (directory / "data").stat().st_uid
    change = {"user": owner} if os.geteuid() == 0 else {}
    stranger = subprocess.Popen(["sleep", "60"], cwd="/", **change)  # type: ignore[call-overload]  # mypy knows no keyword dictionaries
    try:
        pid_file.write_text(f"{stranger.pid}\n{directory / 'data'}\n1\n5432\n\n\n0 0\nready\n")
        with make() as server:
            assert query(server, "SELECT 1") == 1
        wait_until(lambda: is_gone(directory))
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_a_supervisor_told_to_end_stops_the_server_and_the_next_one_starts_it(
    make: Make, directory: Path
) -> None:
    with make():
        supervisor_of(directory).terminate()
        wait_until(lambda: is_gone(directory))
        with make() as server:
            assert query(server, "SELECT 1") == 1


def test_a_path_may_have_spaces_and_quotes(make: Make, tmp_path: Path) -> None:
    path = tmp_path / "with 'quotes', \"more\" and \\"
    with make(path) as server:
        assert query(server, "SELECT 1") == 1


@pytest.mark.parametrize("name", ["long" * 30, "with,comma"])
def test_a_socket_that_must_be_elsewhere_is_found_private_and_goes_with_the_server(
    make: Make, tmp_path: Path, name: str, start_user: Callable[[Path], User]
) -> None:
    path = tmp_path / name
    other = start_user(path)
    other.wait()
    with make(path) as server:
        assert other.backend_of(postmaster_of(path))
        home = (path / "socket-elsewhere").readlink()
        assert f"host='{home}/socket'" in server.conninfo()
        assert home.stat().st_uid == path.stat().st_uid
        assert stat.S_IMODE(home.stat().st_mode) & 0o067 == 0
        assert stat.S_IMODE((home / "socket").stat().st_mode) == 0o700
        other.leave()
    wait_until(lambda: is_gone(path))
    assert not home.exists()
    assert not (path / "socket-elsewhere").is_symlink()


@pytest.mark.parametrize("names", [("postmaster",), ("supervisor", "postmaster")])
def test_a_server_that_comes_back_is_where_it_was_for_those_who_hold_it(
    make: Make, tmp_path: Path, names: tuple[str, ...]
) -> None:
    path = tmp_path / ("long" * 30)
    with make(path) as server:
        where = server.conninfo()
        killed = {"postmaster": postmaster_of(path), "supervisor": supervisor_of(path)}
        for name in names:
            killed[name].kill()

        def answers() -> bool:
            server.keep()
            try:
                psycopg.connect(where).close()
            except psycopg.OperationalError:
                return False
            return postmaster_of(path) != killed["postmaster"]

        wait_until(answers)
    wait_until(lambda: is_gone(path))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make a directory of another user")
def test_a_socket_directory_that_another_user_has_planted_is_not_believed(
    make: Make, tmp_path: Path
) -> None:
    path = tmp_path / ("long" * 30)
    path.mkdir()
    (path / "users.lock").touch()
    planted = tmp_path / "planted"
    planted.mkdir(mode=0o700)
    os.chown(planted, 1, 1)
    (path / "socket-elsewhere").symlink_to(planted)
    with pytest.raises(EmbeddedPostgresFailed, match="nobody holds"):
        make(path).conninfo()
    with make(path) as server:
        assert str(planted) not in server.conninfo()
    assert planted.exists()


def test_nobody_else_can_look_inside_and_parents_stay_as_they_were(
    make: Make, tmp_path: Path
) -> None:
    parent = tmp_path / "parent"
    parent.mkdir(mode=0o750)
    before = [(p, p.stat().st_mode, p.stat().st_uid) for p in (parent, *parent.parents)]
    with make(parent / "pg"):
        modes = {
            name: stat.S_IMODE((parent / "pg" / name).stat().st_mode)
            for name in (".", "data", "socket", "users.lock", "server.log")
        }
    assert modes["data"] == modes["socket"] == 0o700
    assert modes["users.lock"] == modes["server.log"] == 0o600
    assert modes["."] & 0o067 == 0
    assert [(p, p.stat().st_mode, p.stat().st_uid) for p in (parent, *parent.parents)] == before


def test_it_listens_on_no_network_and_is_durable_unless_told_otherwise(
    directory: Path, postgres_binaries: Path | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with EmbeddedPostgres(directory, binaries=postgres_binaries) as server:
        settings = {
            name: query(server, f"SHOW {name}")
            for name in (
                "listen_addresses",
                "fsync",
                "synchronous_commit",
                "full_page_writes",
                "TimeZone",
                "server_encoding",
                "lc_messages",
            )
        }
        network = network_connections_of(directory)
    assert network == []
    assert settings == {
        "listen_addresses": "",
        "fsync": "on",
        "synchronous_commit": "on",
        "full_page_writes": "on",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "lc_messages": "C",
    }


def test_data_of_another_major_version_is_refused_in_plain_words(
    make: Make, directory: Path
) -> None:
    with make():
        pass
    wait_until(lambda: is_gone(directory))
    (directory / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedPostgresFailed, match="made by PostgreSQL 9, and this is"):
        make().acquire()
    wait_until(lambda: is_gone(directory))


def test_a_server_that_does_not_start_shows_its_last_words(make: Make, directory: Path) -> None:
    with pytest.raises(EmbeddedPostgresFailed, match='invalid value for parameter "work_mem"'):
        make(work_mem="plenty").acquire()
    wait_until(lambda: is_gone(directory))
    with make() as server:  # and a good start after it is none the worse
        assert query(server, "SELECT 1") == 1


def test_a_directory_with_other_files_is_left_alone(make: Make, directory: Path) -> None:
    directory.mkdir(mode=0o755)
    (directory / "thesis.txt").write_text("forty years")
    with pytest.raises(EmbeddedPostgresFailed, match="other files"):
        make().acquire()
    assert [path.name for path in directory.iterdir()] == ["thesis.txt"]
    assert stat.S_IMODE(directory.stat().st_mode) == 0o755


def test_a_making_that_was_cut_short_is_begun_again(make: Make, directory: Path) -> None:
    (directory / "data.unfinished" / "base").mkdir(parents=True)
    (directory / "users.lock").touch()
    with make() as server:
        assert query(server, "SELECT 1") == 1
    assert not (directory / "data.unfinished").exists()


def test_a_large_log_is_set_aside(make: Make, directory: Path) -> None:
    directory.mkdir()
    (directory / "users.lock").touch()
    with (directory / "server.log").open("wb") as log:
        log.truncate(20 << 20)
    with make():
        assert (directory / "server.log").stat().st_size < 100_000
    assert (directory / "server.log.1").stat().st_size == 20 << 20


def test_a_long_start_is_reported_and_waited_for(
    directory: Path, postgres_binaries: Path | None
) -> None:
    """The supervisor is stopped in mid-air for longer than the interval of the reports."""
    words: list[str] = []

    def hear(word: str) -> None:
        words.append(word)
        supervisor_of(directory).send_signal(signal.SIGCONT)

    with EmbeddedPostgres(directory, QUICK, binaries=postgres_binaries):
        supervisor_of(directory).send_signal(signal.SIGSTOP)
        postmaster = postmaster_of(directory)
        postmaster.kill()  # whom the supervisor, stopped, does not bury
        wait_until(lambda: postmaster.status() == psutil.STATUS_ZOMBIE)
        with EmbeddedPostgres(
            directory, QUICK, binaries=postgres_binaries, on_progress=hear
        ) as second:
            assert query(second, "SELECT 1") == 1
    assert words
    assert "after a crash it recovers" in words[0]
