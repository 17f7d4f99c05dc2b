"""Every command that the docs tell people to run is there, with every option that they name."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.core import TyperGroup
from typer.main import get_command

from firmtrack.cli.commands import app
from firmtrack.cli.later import Later
from tools.links import ROOT, pages

_CONSOLE = re.compile(r"^```console\n(.*?)^```", re.MULTILINE | re.DOTALL)
_SAID_IN_PASSING = re.compile(r"`(make(?: [a-z]+)|firmtrack(?: [a-z]+)+)`")
_CONTINUATION = re.compile(r"\\\n\s*")


def documented_commands() -> list[str]:
    """Each line that a page shows after a prompt or names in passing, once."""
    found: list[str] = []
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for block in _CONSOLE.findall(text):
            lines = _CONTINUATION.sub("", block).splitlines()
            found += [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]
        found += _SAID_IN_PASSING.findall(text)
    return sorted(set(found))


def commands_of(program: str) -> list[str]:
    return [command for command in documented_commands() if command.split()[0] == program]


def options_and_arguments(words: list[str]) -> tuple[set[str], list[str]]:
    """The options of the command that the words name, and the words after its name.

    KeyError if there is no such command.
    """
    command = get_command(app)
    while isinstance(command, TyperGroup):
        command, words = command.commands[words[0]], words[1:]
        command = command.loaded() if isinstance(command, Later) else command
    return {option for parameter in command.params for option in parameter.opts}, words


@pytest.mark.parametrize("line", commands_of("firmtrack"))
def test_a_documented_firmtrack_command_exists_with_its_options(line: str) -> None:
    options, arguments = options_and_arguments(shlex.split(line, comments=True)[1:])

    assert {word for word in arguments if word.startswith("-") and word != "-"} <= options


def test_the_installed_command_lists_its_commands() -> None:
    listed = subprocess.run(
        [Path(sys.executable).with_name("firmtrack"), "--help"],
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )

    assert "ingest" in listed.stdout


@pytest.mark.parametrize("command", commands_of("make"))
def test_a_documented_make_command_is_listed_by_make(command: str) -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=True,
    )

    _, target, *variables = command.split()
    (line,) = (each for each in listed.stdout.splitlines() if f"  make {target} " in each)
    assert all(each.split("=")[0] + "=" in line for each in variables)


def test_the_readme_shows_the_two_commands() -> None:
    assert {"make run", "make test"} <= set(commands_of("make"))
