"""The README's examples work as they stand, one after the other, on the traffic that they make."""

from pathlib import Path

from firmtrack.store.embedded import EmbeddedPostgres
from tests.databases import fresh_database
from tests.journeys.documented import Command, Shell, portal, steps_of
from tests.journeys.processes import on


def test_the_examples_of_the_readme_do_as_it_says(
    postgres: EmbeddedPostgres, tmp_path: Path
) -> None:
    steps = steps_of("README.md")
    commands = [each.typed for each in steps if isinstance(each, Command)]
    assert len([each for each in commands if each.startswith("firmtrack ")]) >= 9
    assert len([each for each in commands if each.startswith("curl ")]) >= 2
    with fresh_database(postgres) as where, portal(on(where, tmp_path)) as origin:
        shell = Shell(tmp_path, on(where, tmp_path), origin)
        for step in steps:
            shell.take(step)

    exported = (tmp_path / "request.csv").read_text("utf-8")
    assert "02-7A-3A-0C-A2-A0-57-B7" in exported
