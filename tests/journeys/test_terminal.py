"""The command line on a terminal, in a pipe, interrupted, and completed by shells."""

import fcntl
import json
import os
import pty
import shutil
import signal
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

import pytest
from rich.cells import cell_len

from firmtrack.presentation.csv import COLUMNS
from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import fresh_database
from tests.examples import first_of
from tests.journeys.documented import in_path
from tests.journeys.processes import PATIENCE_SECONDS, called, ended, on, wait_until
from tests.streams import one_node

REQUEST = "90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:968255172859"
DEVICE = "02-7A-3A-0C-A2-A0-57-B7"


@pytest.fixture(scope="module")
def env(
    postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, str]]:
    """What names a database with README's traffic, a party and something of each list."""
    directory = tmp_path_factory.mktemp("terminal")
    with fresh_database(postgres) as where, one_node(directory / "stream") as stream:
        env = on(where, directory) | stream.environment
        traffic, bad = directory / "traffic.tar", directory / "bad.xml"
        bad.write_text("<nonsense/>")
        for arguments in (
            ("simulate", "--requests", 5, "--devices", 100, "--seed", 7, "-o", traffic),
            ("ingest", traffic),
            ("party", "add", "Alpha Energy", "--kind", "large_supplier", "--user-id", REQUEST[:23]),
            ("token", "create", "--party", "Alpha Energy", "--scope", "read", "--name", "Leeds"),
            ("endpoint", "add", "https://r.alpha.example/a/long/path", "--party", "Alpha Energy"),
            ("endpoint", "test", "1"),
            ("wording", "set", "E110101", "The image is larger than DCC takes, so ask for less."),
        ):
            done = called(*arguments, env=env)
            assert done.returncode == 0, done.stderr
        assert called("ingest", bad, env=env).returncode == 3
        yield env


def on_terminal(*arguments: str, env: Mapping[str, str], width: int) -> str:
    """What a command prints on a terminal of this width, without its colours."""
    size = struct.pack("HHHH", 24, width, 0, 0)
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, size)
    plain = {name: value for name, value in env.items() if name not in {"COLUMNS", "FORCE_COLOR"}}
    process = subprocess.Popen(
        [sys.executable, "-m", "firmtrack", *arguments],
        stdin=its,
        stdout=its,
        stderr=its,
        env=plain | {"TERM": "xterm", "NO_COLOR": "1"},
    )
    os.close(its)
    printed = b""
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        try:
            while some := terminal.read(65_536):
                printed += some
        except OSError:  # Linux says so where the other end is closed
            pass
    assert process.wait(PATIENCE_SECONDS) in {0, 1}, printed.decode()
    text = printed.decode().replace("\r\n", "\n")
    return text.replace("\x1b[1m", "").replace("\x1b[0m", "")


@pytest.mark.parametrize("width", first_of([80, 60, 200]))
@pytest.mark.parametrize(
    "command",
    [
        f"find request {REQUEST} --status failed",
        f"find device {DEVICE}",
        *first_of(
            [
                "quarantine list",
                f"find events {DEVICE} --request {REQUEST}",
                "party list",
                "token list",
                "endpoint list",
                "notice list",
                "audit list --limit 20",
                "message list --limit 5",
                "wording list",
                "doctor",
                "worker --until-empty",
            ]
        ),
    ],
)
def test_each_answer_fits_the_terminal_and_breaks_no_id(
    command: str, width: int, env: Mapping[str, str]
) -> None:
    printed = on_terminal(*command.split(), env=env, width=width)

    # A word that is longer than the terminal stands alone, in one piece: the terminal wraps it.
    for line in printed.splitlines():
        assert cell_len(line) <= width or len(line.split()) == 1, line
    elsewhere = called(*command.split(), env=env).stdout
    codes = {
        word
        for word in elsewhere.split()
        if word.count("-") in {7, 14} or word.endswith("_version)")
    }
    assert codes <= set(printed.split()) | {word + "," for word in printed.split()}


def test_in_a_pipe_a_row_is_one_line(env: Mapping[str, str]) -> None:
    printed = called("find", "request", REQUEST, "--reason", "N61", env=env).stdout

    rows = [line.split("\t") for line in printed.splitlines() if line.startswith("02-7A-3A-")]
    assert len(rows) == 6
    assert {len(row) for row in rows} == {4}
    assert all(row[3].endswith("(N61)") for row in rows)
    assert "6 of the request's 137 devices are as you asked." in printed


def test_devices_are_chosen_by_status_and_counted(env: Mapping[str, str]) -> None:
    def devices_of(*options: object) -> list[str]:
        done = called("find", "request", REQUEST, "--json", *options, env=env)
        assert done.returncode == 0, done.stderr
        return [each["current_status"] for each in json.loads(done.stdout)["distributions"]]

    assert len(devices_of()) == 137
    assert len(devices_of("--status", "failed")) == 33
    assert len(devices_of("--status", "complete")) == 88
    assert len(devices_of("--status", "In Progress")) == 16
    assert set(devices_of("--status", "Verified by device")) == {"verified"}
    assert (
        devices_of("--status", "verification_failed", "--limit", 3) == ["verification_failed"] * 3
    )
    limited = called("find", "request", REQUEST, "--limit", 3, env=env).stdout
    assert "The first 3 of 137 devices; --limit says how many." in limited
    wrong = called("find", "request", REQUEST, "--status", "lost", env=env)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith("firmtrack: Invalid value for --status: 'lost' is none of in_p")


def test_who_reads_no_further_ends_it_without_a_word(env: Mapping[str, str]) -> None:
    for command in (
        f"find request {REQUEST}",
        f"find request {REQUEST} --json",
        f"export {REQUEST}",
    ):
        ours, its = os.pipe()
        os.close(ours)  # before it says anything: a pipe takes all that it says, unread
        try:
            done = subprocess.run(
                ["bash", "-c", f"firmtrack {command}; exit $?"], stdout=its, stderr=subprocess.PIPE,
                env=in_path(env), text=True, timeout=PATIENCE_SECONDS, check=False,
            )  # fmt: skip
        finally:
            os.close(its)
        assert (done.returncode, done.stderr) == (128 + signal.SIGPIPE, "")


def test_who_interrupts_it_reads_no_traceback(env: Mapping[str, str]) -> None:
    process = subprocess.Popen(
        # What is started in the background may be deaf to interrupts, and so what it starts.
        ["env", "--default-signal=INT", sys.executable, "-m", "firmtrack", "ingest", "-"],
        env=dict(env), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    given = process.stdin
    assert given is not None
    given.write("<")
    given.flush()
    wait_until(lambda: not unread_bytes(given), "it reads what it is given")
    process.send_signal(signal.SIGINT)
    status, _, errors = ended(process)

    assert status in {128 + signal.SIGINT, -signal.SIGINT}
    assert "firmtrack/" not in errors


def unread_bytes(pipe: IO[str]) -> int:
    """How much that was written to a pipe nobody has read yet."""
    (count,) = struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))
    return int(count)


def test_a_file_is_there_whole_or_not_at_all(env: Mapping[str, str], tmp_path: Path) -> None:
    sheet, text = tmp_path / "request.XLSX", tmp_path / "request.csv"
    assert called("export", REQUEST, "-o", sheet, "--status", "failed", env=env).returncode == 0
    assert sheet.read_bytes().startswith(b"PK")
    assert called("export", REQUEST, "-o", text, "--reason", "N61", env=env).returncode == 0
    assert text.read_text("utf-8").count("\n") == 1 + 6
    as_text = called("export", REQUEST, "-o", tmp_path / "x.xlsx", "--format", "csv", env=env)
    assert as_text.returncode == 0
    assert (tmp_path / "x.xlsx").read_text("utf-8").startswith(",".join(COLUMNS))
    assert sorted(each.name for each in tmp_path.iterdir()) == [
        "request.XLSX", "request.csv", "x.xlsx",
    ]  # fmt: skip
    wrong = called("export", REQUEST, "--format", "ods", env=env)
    assert "'ods' is none of csv, xlsx" in wrong.stderr


def test_a_terminal_is_not_filled_with_a_spreadsheet(env: Mapping[str, str]) -> None:
    with pytest.raises(AssertionError, match=r"a terminal cannot show \.xlsx"):
        on_terminal("export", REQUEST, "--format", "xlsx", env=env, width=80)


_IN_BASH = """
eval "$(firmtrack completion bash)"
complete_line() {
    COMP_LINE=$1 COMP_POINT=${#1}
    _firmtrack firmtrack
    printf '%s ' "${COMPREPLY[@]}"
    echo
}
complete_line 'firmtrack fin'
complete_line 'firmtrack find '
complete_line 'firmtrack find request 90-B3-D5-1F-30-01-00-00:90-B3-D5-1F-30-00-00-02:1 --st'
complete_line 'firmtrack find request a:b:1 --status ver'
complete_line 'firmtrack find request x --rea'
complete_line 'firmtrack export x --format '
complete_line 'firmtrack ingest '
"""


def test_bash_completes_commands_options_and_values(env: Mapping[str, str]) -> None:
    done = subprocess.run(
        ["bash", "-euc", _IN_BASH],
        env=in_path(env), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == [
        "find ", "request device events ", "--status ", "verified verification_failed ",
        "--reason ", "csv xlsx ", " ",
    ]  # fmt: skip
    assert done.stderr == ""


@pytest.mark.skipif(shutil.which("fish") is None, reason="there is no fish here")
def test_fish_completes_with_what_each_is_for(env: Mapping[str, str]) -> None:
    done = subprocess.run(
        ["fish", "-c", 'firmtrack completion fish | source; complete -C "firmtrack find "'],
        env=in_path(env), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True,
    )  # fmt: skip

    assert done.stdout.startswith("device\tShow ")


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh here")
def test_zsh_takes_the_script_as_its_own(env: Mapping[str, str]) -> None:
    asked = 'autoload -Uz compinit; compinit -u -D; eval "$(firmtrack completion zsh)"; '
    done = subprocess.run(
        ["zsh", "-fc", asked + "echo $_comps[firmtrack]"],
        env=in_path(env), capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True,
    )  # fmt: skip

    assert (done.stdout, done.stderr) == ("_firmtrack\n", "")
