"""Every command that the docs tell people to run is there, with every option that they name."""

import os
import re
import shlex
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from tools.links import ROOT, pages

FIRMTRACK = Path(sys.executable).with_name("firmtrack")
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


@cache
def help_of(*subcommand: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [FIRMTRACK, *subcommand, "--help"],
        env={**os.environ, "COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def subcommand_of(words: list[str]) -> list[str]:
    """The words that name the command: groups have their command as the second word."""
    has_commands = "COMMAND [ARGS]" in help_of(words[1]).stdout
    return words[1:3] if has_commands else words[1:2]


@pytest.mark.parametrize("command", commands_of("firmtrack"))
def test_a_documented_firmtrack_command_exists_with_its_options(command: str) -> None:
    words = shlex.split(command, comments=True)
    asked = help_of(*subcommand_of(words))

    assert asked.returncode == 0, asked.stderr
    for option in (word for word in words if word.startswith("-") and word != "-"):
        assert re.search(rf"(?<![\w-]){option}(?![\w-])", asked.stdout), (
            f"{option} is not an option"
        )


@pytest.mark.parametrize("command", commands_of("make"))
def test_a_documented_make_command_is_listed_by_make(command: str) -> None:
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert f"  {command} " in listed.stdout


def test_the_readme_shows_the_two_commands() -> None:
    assert {"make run", "make test"} <= set(commands_of("make"))
