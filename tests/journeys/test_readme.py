"""The README's examples work as they stand, one after the other, on the traffic that they make."""

import json
import re
import shlex
from pathlib import Path

import pytest

from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import fresh_database
from tests.journeys.processes import called, on

README = Path(__file__).parents[2] / "README.md"
_PASSWORD = b"correct horse battery staple\n"


def examples() -> list[list[str]]:
    """The arguments of each ``firmtrack`` command under "Command line", but for ``serve``."""
    _, _, after = README.read_text("utf-8").partition("\n## Command line\n")
    section, _, _ = after.partition("\n## ")
    lines = re.findall(r"^\$ firmtrack (.*)$", section, re.MULTILINE)
    return [shlex.split(line) for line in lines if line != "serve"]


def test_the_examples_of_the_readme_find_what_they_ask_for(
    postgres: EmbeddedPostgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(examples()) >= 7
    monkeypatch.chdir(tmp_path)
    with fresh_database(postgres) as where:
        env = on(where, tmp_path)
        printed = {}
        for arguments in examples():
            typed = ["--password-stdin"] if arguments[:2] == ["user", "add"] else []
            done = called(*arguments, *typed, env=env, typed=_PASSWORD)
            assert (done.returncode, done.stderr) == (0, ""), (arguments, done.stderr)
            printed[" ".join(arguments[:2])] = done.stdout

    assert "devices: " in printed["find request"]
    device = json.loads(printed["find device"])
    exported = (tmp_path / "request.csv").read_text("utf-8")
    assert device["device_id"] in exported
    assert device["distributions"][0]["service_request_id"] in exported
