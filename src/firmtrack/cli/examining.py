"""``firmtrack doctor``: what is wrong with this installation, and what to do about it."""

import typer

from firmtrack.cli.options import AsJson, console, print_json
from firmtrack.cli.session import set_up
from firmtrack.cli.tables import Table, prose
from firmtrack.errors import FirmtrackError

_NOT_WELL = 1


def doctor(*, as_json: AsJson = False) -> None:
    """Look for what is wrong, and say what to do about it.

    It changes nothing. Exit status 0 if all is well, 1 if anything is not.
    """
    checks = list(_checks())
    if as_json:
        print_json({"is_well": _is_well(checks), "checks": checks})
    else:
        table = Table("Level", "Check", prose("Finding"))
        for each in checks:
            finding = f"{each['sentence']} {each['advice']}".rstrip()
            table.add(each["level"], each["name"], finding)
        console.print(table)
    if not _is_well(checks):
        raise typer.Exit(_NOT_WELL)


def _checks() -> list[dict[str, str]]:
    try:
        set_up()
    except FirmtrackError as error:  # without settings nothing else can be looked at
        return [{"name": "settings", "level": "fail", "sentence": str(error),
                 "advice": "Correct it: docs/settings.md says what it may be."}]  # fmt: skip
    from firmtrack.watching.doctor.examination import examine

    return [
        {
            "name": each.name,
            "level": str(each.finding.level),
            "sentence": each.finding.sentence,
            "advice": each.finding.advice,
        }
        for each in examine()
    ]


def _is_well(checks: list[dict[str, str]]) -> bool:
    return all(each["level"] == "ok" for each in checks)
