"""The import of an inventory: a CSV file of a million devices, and the same file again."""

import random
import resource
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import psycopg

from bench.figures import Figure, at_least, at_most
from bench.run import Run
from bench.scene import USER, fresh_database
from bench.timing import seconds_of
from firmtrack.domain.facts import DeviceFacts
from firmtrack.domain.identifiers import Eui64
from firmtrack.domain.inventory import EUI_FACTS, FACT_NAMES, IMPORT_ID
from firmtrack.intake.bounded_lines import read_lines
from firmtrack.intake.inventory_import import ImportReport, InventoryFile, import_inventory
from firmtrack.intake.inventory_rows import COLUMNS, Row, read_rows
from firmtrack.store.numbers import to_bigint

_DEVICES_PER_HUB = 4
_MEGABYTE = 1_000_000
_TYPES = (
    "int8", "timestamptz", "bytea",
    *("int8" if name in EUI_FACTS else "text" for name in FACT_NAMES),
)  # fmt: skip


def measure(run: Run) -> list[Figure]:
    """Return the figures for the first import, for the second, and for the memory that it takes."""
    devices = run.sized(1_000_000, least=100)
    path = run.scratch / "inventory.csv"
    _write(path, devices)
    reports: list[ImportReport] = []
    before = _peak_bytes()
    with fresh_database(run.server) as conninfo:
        first, again = (seconds_of(lambda: reports.append(_import(path))) for _ in range(2))
        # Only now, since the rows fill the memory that was to be measured.
        grown = _peak_bytes() - before
        limit = seconds_of(partial(_copy, conninfo, _rows(path)))
    assert [report.changed for report in reports] == [devices, 0], reports
    return [
        Figure(
            f"inventory import: {devices:,} rows of CSV",
            "COPY of the same rows into a keyed table",
            at_least(0.15),
            limit / first,
            beside=f"{devices / first:,.0f} a second",
        ),
        Figure(
            f"memory of an inventory import: {devices:,} rows",
            "the process before",
            at_most(100),
            grown / _MEGABYTE,
            unit="MB more",
        ),
        Figure(
            f"inventory import: the same {devices:,} rows again, which change nothing",
            "COPY of the same rows into a keyed table",
            None,
            limit / again,
        ),
    ]


def _rows(path: Path) -> list[DeviceFacts]:
    with path.open("rb") as file:
        return [row.facts for row in read_rows("", read_lines(file, id)) if isinstance(row, Row)]


def _import(path: Path) -> ImportReport:
    return import_inventory([InventoryFile.of_path(path)], skip_bad=False, on_read=lambda _: None)


def _write(path: Path, devices: int) -> None:
    chance = random.Random(9)  # reproducible, not secret
    with path.open("w") as file:
        file.write(",".join(COLUMNS) + "\n")
        for number in range(devices):
            device_id = Eui64(0x00DB << 48 | number * 2654435761 % (1 << 40))
            hub = Eui64(0x00DC << 48 | number // _DEVICES_PER_HUB)
            version = f"{chance.randrange(40):08X}"
            file.write(
                f"{device_id},2026-01-05T08:00:00Z,{chance.choice(('ESME', 'GSME'))},5.1,North,"
                f"{chance.randrange(30):04X},M{chance.randrange(99)},Commissioned,{version},Active,"
                f"4.1,{hub},{USER}\n"
            )


def _copy(conninfo: str, rows: Iterable[DeviceFacts]) -> None:
    """Copy the rows into one table with the same primary key, and nothing else: the limit."""
    columns = ", ".join(("device_id", "learnt_at", "message_id", *FACT_NAMES))
    with psycopg.connect(conninfo) as connection, connection.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS bare")
        cursor.execute(
            "CREATE TABLE bare (LIKE device INCLUDING DEFAULTS, PRIMARY KEY (device_id))"
        )
        with cursor.copy(f"COPY bare ({columns}) FROM STDIN (FORMAT binary)".encode()) as copy:
            copy.set_types(_TYPES)
            for row in rows:
                values = (getattr(row, name) for name in FACT_NAMES)
                copy.write_row(
                    (
                        to_bigint(row.device_id), row.learnt_at, IMPORT_ID.bytes,
                        *(to_bigint(it) if isinstance(it, Eui64) else it for it in values),
                    )
                )  # fmt: skip


def _peak_bytes() -> int:
    """Return the most memory that this process has had, in octets."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
