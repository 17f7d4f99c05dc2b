"""``firmtrack db``: where the database's tables lie."""

from typing import Annotated

import typer

from firmtrack.cli.options import AsJson, console, errors, print_json
from firmtrack.cli.session import opened

_MOST_SHARDS = 1024  # each has a part for each month

db = typer.Typer(help="Where the database's tables lie.", no_args_is_help=True)


@db.command()
def distribute(
    *,
    shards: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=_MOST_SHARDS,
            help="Parts to cut tables into, once and for all; 8 unless it is given.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Spread the tables over a Citus cluster: all that is told of a device on one node.

    It is done whole or not at all, and takes as long as it takes to copy what is stored, while
    whoever hands something in waits. Doing it again moves only what is not where it belongs.
    """
    with opened():
        from firmtrack.store.database import HOLDING, connected, held
        from firmtrack.store.locks import AdvisoryKey
        from firmtrack.store.shards import SHARDS
        from firmtrack.store.shards import distribute as distribute_tables

        with (
            held(AdvisoryKey.MIGRATION),
            connected(HOLDING) as connection,
            errors.status("") as told,
        ):
            laid = distribute_tables(
                connection, shards or SHARDS, lambda name: told.update(f"{name} is being moved")
            )
    if as_json:
        print_json({"moved": laid.moved, "shards": laid.shards, "nodes": laid.nodes})
    else:
        console.print(
            f"{len(laid.moved)} tables were moved. Devices are in {laid.shards} shards on"
            f" {laid.nodes} nodes."
        )
