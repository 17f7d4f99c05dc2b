"""``firmtrack simulate``: realistic DUIS traffic, signed and reproducible."""

from pathlib import Path
from typing import Annotated

import typer

from firmtrack.cli.options import AsJson, console, errors, file_failures, print_json


def simulate(
    *,
    requests: Annotated[int, typer.Option(min=1, help="Update requests to send.")],
    devices: Annotated[int, typer.Option(min=1, max=50_000, help="Devices in a request.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same octets.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="DIR_OR_TAR", help="A directory or .tar.gz.")
    ],
    shuffled: Annotated[bool, typer.Option("--shuffled", help="Messages in random order.")] = False,
    doubled: Annotated[bool, typer.Option("--doubled", help="Every message twice.")] = False,
    late: Annotated[
        float, typer.Option(min=0, max=1, help="Share of messages held back for hours or days.")
    ] = 0,
    image_bytes: Annotated[
        int | None, typer.Option(help="Size of each firmware image in octets.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write the messages of a small Great Britain, and beside them what DCC's inventory holds."""
    from rich.progress import Progress

    from firmtrack.simulator.scenario import Scenario
    from firmtrack.simulator.simulation import run

    scenario = Scenario(
        requests=requests,
        devices=devices,
        seed=seed,
        shuffled=shuffled,
        doubled=1.0 if doubled else 0.0,
        late=late,
        image_bytes=image_bytes,
    )
    bar = Progress(console=errors, transient=True, disable=not errors.is_terminal)
    with file_failures(), bar as progress:
        task = progress.add_task("Simulating", total=None)
        summary = run(
            scenario,
            output,
            lambda done, total: progress.update(task, completed=done, total=total),
        )
    if as_json:
        print_json(summary)
    else:
        console.print(
            f"{summary.messages:,} messages in {summary.traffic}\n"
            f"Inventories to import: {summary.inventory}, then {summary.later_inventory}\n"
            f"Certificates of the signers: {summary.trust_store}",
            markup=False,
        )
