"""``firmtrack performance``: the figures of delivery performance, counted anew."""

import typer

from firmtrack.cli.options import console
from firmtrack.cli.session import opened

performance = typer.Typer(help="Keep delivery performance fresh.", no_args_is_help=True)


@performance.command()
def refresh() -> None:
    """Count anew what has changed since, and learn how long each stage usually takes.

    So does a server (``firmtrack serve``), every few seconds. Run this where none runs, or to have
    all that came so far counted when it ends. The silences of each source, from which
    freshness learns what is usual, are counted, too.
    """
    with opened():
        from firmtrack.store.database import pool
        from firmtrack.store.reports import performance as figures
        from firmtrack.store.reports.freshness import fold_arrivals

        figures.refresh()
        with pool().connection() as connection:
            while not fold_arrivals(connection):
                pass
    console.print("Delivery performance is counted.")


@performance.command()
def rebuild() -> None:
    """Forget every figure and count all requests anew. Others may go on reading and writing."""
    with opened():
        from firmtrack.store.reports import performance as figures

        figures.rebuild()
    console.print("Delivery performance is counted anew.")
