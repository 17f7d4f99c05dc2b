"""The one error of the embedded server; its supervisor, another process, raises it too."""

from pathlib import Path

from firmtrack.errors import FirmtrackError


class EmbeddedPostgresFailed(FirmtrackError):
    """The embedded PostgreSQL server cannot be used."""

    def __init__(self, directory: Path, problem: str) -> None:
        self.directory = directory
        self.problem = problem
        super().__init__(f"Embedded PostgreSQL in {directory}: {problem}")
