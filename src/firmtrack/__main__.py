"""Run the command line: ``python -m firmtrack``."""

from firmtrack.cli import main

main()
