"""As whom the embedded server runs: root, an ordinary user, a user without a name."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import psutil
import pytest

from firmtrack.store.embedded import EmbeddedPostgres
from firmtrack.store.embedded.binaries import wheel_binaries
from tests.databases import QUICK
from tests.store.server_processes import User, is_gone, postmaster_of, processes_of, wait_until

NOBODY = 65534
NAMELESS = 54321

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become other users")


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """Return a directory that every user can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory(prefix="firmtrack-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)
        for lock in Path(name).rglob("users.lock"):
            wait_until(partial(is_gone, lock.parent))


@dataclass(frozen=True)
class Python:
    """An interpreter that an ordinary user can run, and how."""

    program: str
    environment: Mapping[str, str]

    def as_user(self, user: int, *options: str) -> list[str]:
        """Return the command that runs it as that user."""
        identity = [f"--reuid={user}", f"--regid={user}", "--clear-groups", "--inh-caps=-all"]
        return ["setpriv", *identity, *options, self.program]


_STARTS_ITSELF = """
import subprocess, sys
program = "import psycopg, firmtrack.store.embedded"
subprocess.run([sys.executable, "-c", program], check=True)
"""


@pytest.fixture(scope="session")
def ordinary_python() -> Python:
    """Find an interpreter outside root's home; it uses the packages of this one."""
    if shutil.which("setpriv") is None:
        pytest.skip("there is no setpriv to become another user with")
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": os.pathsep.join(
            path for path in sys.path if path and not path.startswith(sys.base_prefix)
        ),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for program in (sys.executable, f"/usr/bin/{version}"):
        python = Python(program, environment)
        tried = subprocess.run(
            [*python.as_user(NOBODY), "-c", _STARTS_ITSELF],
            env=environment,
            cwd="/",
            capture_output=True,
            check=False,
        )
        if tried.returncode == 0:
            return python
    pytest.skip(f"an ordinary user can reach no {version} with these packages here")


def copy_wheel(place: Path) -> Path:
    """Copy what a server needs of the wheel; return its directory of programs."""
    wheel = wheel_binaries().parents[1]
    shutil.copytree(wheel.with_name(f"{wheel.name}.libs"), place / f"{wheel.name}.libs")

    def unneeded(path: str, names: list[str]) -> set[str]:
        wanted = {"initdb", "postgres"} if Path(path).name == "bin" else set(names) - {"include"}
        return set(names) - wanted

    copied = shutil.copytree(
        wheel / "pginstall18", place / wheel.name / "pginstall18", ignore=unneeded, symlinks=True
    )
    return copied / "bin"


def uid_of(directory: Path) -> int:
    return postmaster_of(directory).uids().effective


@as_root
def test_for_root_it_runs_as_nobody_in_a_group_of_its_own(
    open_directory: Path, postgres_binaries: Path | None
) -> None:
    directory = open_directory / "pg"
    with EmbeddedPostgres(directory, QUICK, binaries=postgres_binaries):
        postmaster = postmaster_of(directory)
        assert postmaster.uids() == (NOBODY, NOBODY, NOBODY)
        assert postmaster.gids().effective == directory.stat().st_gid not in {0, NOBODY}
        peek = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "ls"]
        seen = subprocess.run([*peek, directory / "socket"], capture_output=True, check=False)
        assert b"Permission denied" in seen.stderr


@as_root
@pytest.mark.parametrize("mode", [0o755, 0o700])
def test_for_root_the_programs_and_the_directory_may_lie_where_nobody_can_go(
    tmp_path: Path, mode: int
) -> None:
    """The mode is that of the programs: an installation under umask 077 makes them 0700."""
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    binaries = copy_wheel(closed)
    for program in binaries.iterdir():
        program.chmod(mode)
    with EmbeddedPostgres(closed / "var" / "pg", QUICK, binaries=binaries) as server:
        assert Path(postmaster_of(server.directory).exe()).parent == binaries
        assert uid_of(server.directory) == NOBODY
        assert closed.stat().st_mode & 0o777 == 0o700


@as_root
def test_for_root_a_directory_of_an_ordinary_user_is_served_as_that_user(
    open_directory: Path, postgres_binaries: Path | None, ordinary_python: Python
) -> None:
    home = open_directory / "home"
    home.mkdir(mode=0o700)
    os.chown(home, NOBODY, NOBODY)
    command, environment = ordinary_python.as_user(NOBODY), ordinary_python.environment
    user = User.start(home / "pg", postgres_binaries, command, environment)
    try:
        user.wait()
        with EmbeddedPostgres(home / "pg", QUICK, binaries=postgres_binaries):
            user.leave()
        wait_until(lambda: is_gone(home / "pg"))
        with EmbeddedPostgres(home / "pg", QUICK, binaries=postgres_binaries):
            assert uid_of(home / "pg") == NOBODY
        again = User.start(home / "pg", postgres_binaries, command, environment)
        again.wait()
        again.leave()
        again.forget()
        wait_until(lambda: is_gone(home / "pg"))  # it removes files until then
        owners = {path.lstat().st_uid for path in (home / "pg").rglob("*")}
        assert owners == {NOBODY}
    finally:
        user.forget()


@as_root
def test_two_users_each_have_their_own_server(
    open_directory: Path, postgres_binaries: Path | None, ordinary_python: Python
) -> None:
    """The second has no name in the list of users, which PostgreSQL would insist on."""
    users = []
    try:
        for uid in (NOBODY, NAMELESS):
            home = open_directory / str(uid)
            home.mkdir(mode=0o700)
            os.chown(home, uid, uid)
            command = ordinary_python.as_user(uid)
            environment = ordinary_python.environment
            users.append(User.start(home / "pg", postgres_binaries, command, environment))
        for user in users:
            user.wait()
        assert uid_of(open_directory / str(NOBODY) / "pg") == NOBODY
        assert uid_of(open_directory / str(NAMELESS) / "pg") == NAMELESS
    finally:
        for user in users:
            user.forget()


@as_root
def test_a_directory_of_someone_else_is_refused(
    open_directory: Path, ordinary_python: Python
) -> None:
    theirs = open_directory / "theirs"
    theirs.mkdir(mode=0o777)
    theirs.chmod(0o777)
    program = (
        "from pathlib import Path; from firmtrack.store.embedded import EmbeddedPostgres;"
        f"EmbeddedPostgres(Path({str(theirs)!r})).acquire()"
    )
    refused = subprocess.run(
        [*ordinary_python.as_user(NOBODY), "-c", program],
        env=ordinary_python.environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "the directory belongs to user 0" in refused.stderr
    assert list(theirs.iterdir()) == []


@as_root
@pytest.mark.parametrize(
    ("lost", "server_uid"),
    [("-setuid", 0), ("-dac_read_search", NOBODY), ("-dac_read_search,-setpcap", 0)],
)
def test_root_of_a_container_with_fewer_capabilities_is_served_too(
    tmp_path: Path, postgres_binaries: Path | None, lost: str, server_uid: int
) -> None:
    """Without setuid or setpcap only a user namespace is left, where root's files are its own."""
    directory = tmp_path / "pg"
    command = ["setpriv", f"--bounding-set={lost}", "--inh-caps=-all", sys.executable]
    user = User.start(directory, postgres_binaries, command)
    try:
        user.wait()
        assert uid_of(directory) == server_uid
        owner = (directory / "data").stat().st_uid
        assert owner == server_uid
    finally:
        user.forget()


@as_root
def test_where_no_way_works_it_says_what_to_do(tmp_path: Path) -> None:
    """Root without any capability can neither become another user nor map itself to one."""
    directory = tmp_path / "pg"
    program = (
        "from pathlib import Path; from firmtrack.store.embedded import EmbeddedPostgres;"
        f"EmbeddedPostgres(Path({str(directory)!r})).acquire()"
    )
    command = ["setpriv", "--bounding-set=-all", "--inh-caps=-all", sys.executable, "-c", program]
    refused = subprocess.run(command, capture_output=True, text=True, check=False)
    assert "no way to run it works" in refused.stderr
    assert "DATABASE_URL" in refused.stderr
    assert "FIRMTRACK_DATA_DIR" in refused.stderr
    _, left = psutil.wait_procs(processes_of(directory), timeout=120)  # the last ends by itself
    assert left == []
