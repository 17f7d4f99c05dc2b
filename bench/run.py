"""What every job is given: a database server, a place for files, and how large it is to be."""

from dataclasses import dataclass
from pathlib import Path

from firmtrack.store.embedded import EmbeddedPostgres

_LEAST_PART = 0.05


@dataclass(frozen=True, slots=True)
class Run:
    """One run of benchmarks."""

    server: EmbeddedPostgres
    scratch: Path
    scale: float

    def sized(self, full: int, *, least: int = 1) -> int:
        """Return the run's part of the full size."""
        return max(least, int(full * self.scale))

    def seconds(self, full: float) -> float:
        """Return how long to ask again and again, the full time at full size."""
        return full * min(1.0, max(_LEAST_PART, self.scale))
