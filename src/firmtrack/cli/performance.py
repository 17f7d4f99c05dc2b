"""``firmtrack performance``: the figures of delivery performance, counted anew."""

import typer

from firmtrack.cli.options import console
from firmtrack.cli.session import opened

performance = typer.Typer(help="Keep delivery performance fresh.", no_args_is_help=True)


@performance.command()
def refresh() -> None:
    """Count anew what has changed since, and learn how long each stage usually takes.

    Run it regularly, such as every ten minutes: a page counts what it shows by itself, but only for
    about a second.
    """
    with opened():
        from firmtrack.store.reports import performance as figures

        figures.refresh()
    console.print("Delivery performance is counted.")


@performance.command()
def rebuild() -> None:
    """Forget every figure and count all requests anew. Others may go on reading and writing."""
    with opened():
        from firmtrack.store.reports import performance as figures

        figures.rebuild()
    console.print("Delivery performance is counted anew.")
