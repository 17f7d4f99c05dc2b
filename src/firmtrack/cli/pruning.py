"""``firmtrack prune``: what is older than it is to be kept, let go."""

from typing import TYPE_CHECKING, Annotated

import typer

from firmtrack.cli.options import AsJson, console, errors, print_json
from firmtrack.cli.session import opened
from firmtrack.cli.tables import Table, prose

if TYPE_CHECKING:
    from firmtrack.answers.pruning import PruneReport, What
    from firmtrack.store.retention.pruning import Lives


def prune(
    *,
    is_rehearsal: Annotated[
        bool, typer.Option("--dry-run", help="Say what would go, and change nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Let go, for good, what is older than the settings have it kept: whole months.

    Everyone else may go on. It can be interrupted: to run it again does the rest. Exit status 0, or
    1 if it could not be done, or another prune is running.
    """
    with opened():
        from firmtrack.store.retention.pruning import prune as prune_store

        lives = _lives()
        with _Bar() as bar:
            report = (
                prune_store(lives, is_rehearsal=True, tell=bar.told)
                if is_rehearsal
                else _prune(lives, bar)
            )
    if as_json:
        _print_json(report)
    else:
        _print(report)


def _lives() -> "Lives":
    from django.conf import settings

    from firmtrack.store.retention.pruning import Lives

    environment = settings.ENVIRONMENT
    return Lives(
        facts=environment.retention_months,
        bodies=environment.body_months,
        lookups=environment.lookup_months,
        notices=environment.notice_months,
        quarantine=environment.quarantine_months,
    )


def _prune(lives: "Lives", bar: "_Bar") -> "PruneReport":
    """Prune, and have it on record that it was begun, and what came of it.

    Of one that is killed it is on record that it was begun.
    """
    from firmtrack.accounts.acting import record_operator_act
    from firmtrack.presentation.pruning import lives_text, summary_text
    from firmtrack.store.acts import ActKind
    from firmtrack.store.retention.pruning import prune as prune_store

    report = prune_store(
        lives,
        is_rehearsal=False,
        tell=bar.told,
        begun=lambda kept: record_operator_act(ActKind.PRUNE_BEGUN, "the store", lives_text(kept)),
    )
    record_operator_act(ActKind.PRUNED, "the store", summary_text(report))
    return report


class _Bar:
    """What is being done, and how far that is, on a terminal; nothing elsewhere."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn

        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            console=errors,
            transient=True,
            disable=not errors.is_terminal,
        )
        self._task = self._progress.add_task("", total=1.0)

    def __enter__(self) -> "_Bar":
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def told(self, what: "What", share: float) -> None:
        """Show how far it is with a kind of record."""
        from firmtrack.presentation.pruning import WORDS

        self._progress.update(self._task, description=WORDS[what].name, completed=share)


def _print_json(report: "PruneReport") -> None:
    print_json(
        {
            "is_rehearsal": report.is_rehearsal,
            "began_at": report.began_at,
            "ended_at": report.ended_at,
            "octets": report.octets,
            "ended": [
                {
                    "what": each.what.value,
                    "kept_from": each.kept_from,
                    "rows": each.rows,
                    "octets": each.octets,
                    "months": list(each.months),
                    "stays": each.stays,
                }
                for each in report.ended
            ],
        }
    )


def _print(report: "PruneReport") -> None:
    from firmtrack.presentation.pruning import TITLES, outcome_text, report_rows

    table = Table(prose(TITLES[0]), *TITLES[1:-1], prose(TITLES[-1]))
    rows = list(report_rows(report))
    for row in rows:
        table.add(*row)
    if rows:
        console.print(table)
    console.print(outcome_text(report))
