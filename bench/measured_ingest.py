"""``firmtrack ingest --json PATH``, and after it the peak memory of the process, in octets."""

import sys

from bench.processes import peak_bytes
from firmtrack.cli.commands import app


def main() -> None:
    """Run the command and print the peak."""
    app(["ingest", "--json", sys.argv[1]], standalone_mode=False)
    sys.stdout.write(f"{peak_bytes()}\n")


if __name__ == "__main__":
    main()
