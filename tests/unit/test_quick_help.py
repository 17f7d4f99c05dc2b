"""The help of every command, without a part of Firmtrack that takes long to import."""

import subprocess
import sys
from collections.abc import Iterator

from typer.core import TyperGroup
from typer.main import get_command

from firmtrack.cli.commands import app
from firmtrack.cli.later import Later

_TAKES_LONG = {
    "cryptography", "django", "firmtrack.lookups", "firmtrack.settings", "httpcore", "lxml",
    "markdown_it", "msgspec", "ninja", "psycopg", "pydantic", "pygments", "rich.progress",
}  # fmt: skip

_PROGRAM = """
import sys
from firmtrack.cli import main

for line in sys.stdin.read().splitlines():
    sys.argv = ["firmtrack", *line.split()]
    try:
        main()
    except SystemExit as end:
        assert end.code == 0, line
sys.stderr.write(" ".join(sys.modules))
"""

_STAND_INS = """
from firmtrack.cli.quick_help import import_help

import_help()
import_help()
import typer.rich_utils
from rich.console import Console
from rich.markdown import Markdown
from rich.traceback import Traceback

Console().print(Markdown("# Heading"))
try:
    1 / 0
except ZeroDivisionError:
    Console().print(Traceback())
"""


def commands_in(group: TyperGroup) -> Iterator[tuple[str, object]]:
    for name, command in group.commands.items():
        found = command.loaded() if isinstance(command, Later) else command
        yield name, found
        if isinstance(found, TyperGroup):
            yield from ((f"{name} {below}", each) for below, each in commands_in(found))


def every_command() -> TyperGroup:
    group = get_command(app)
    assert isinstance(group, TyperGroup)
    return group


def run(program: str, typed: str = "") -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-c", program], input=typed, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done


def test_no_help_imports_what_takes_long() -> None:
    names = ["", *(name for name, _ in commands_in(every_command()))]
    assert len(names) > len(every_command().commands) > 1

    helped = run(_PROGRAM, "\n".join(f"{name} --help" for name in names))

    assert helped.stdout.count("Usage: firmtrack") == len(names)
    assert not _TAKES_LONG & set(helped.stderr.split())


def test_the_list_of_commands_says_of_each_what_its_own_help_begins_with() -> None:
    for command in every_command().commands.values():
        assert isinstance(command, Later)
        first, *_ = (command.loaded().help or "").split("\n\n")
        assert command.short_help == " ".join(first.split())


def test_what_help_leaves_out_is_there_for_whoever_needs_it() -> None:
    printed = run(_STAND_INS).stdout

    assert "Heading" in printed
    assert "ZeroDivisionError" in printed
