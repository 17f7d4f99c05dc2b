"""How fresh all that Firmtrack knows is: when something last came from each source."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from firmtrack.domain.sources import PRECISION, MessageSource


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFreshness:
    """When Firmtrack last received anything from a source, as far as the viewer may be told.

    ``margin`` is how much later something may have come without being told.

    ``csp_region`` is None for every source but the CSPs, and for a CSP whose devices' region the
    inventory does not state. ``silent_seconds`` is for how long nothing is known to have come: of
    what came later than all is known of where it was read, nothing is. ``usual_silence_seconds`` is
    the longest silence on 19 of 20 days of those that began in that hour of the day; None while too
    few days are known.
    """

    source: MessageSource
    csp_region: str | None
    last_at: datetime
    silent_seconds: int
    usual_silence_seconds: int | None
    margin: timedelta = PRECISION

    @property
    def is_quiet(self) -> bool:
        """Whether it is silent longer than usual; False while it is not known what is usual."""
        usual = self.usual_silence_seconds
        return usual is not None and self.silent_seconds > usual + self.margin.total_seconds()


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How fresh all that Firmtrack knows is: its sources in the order of an update, then by region.

    Only sources from which anything ever came are there, of which the viewer may be told: unless it
    ``is_of_all``, its own times, and those of others in steps and in a crowd only. What is usual of
    them was learnt from all that had come by ``counted_at``; None: there is no record of any such
    count. Where a replica was read it had all that was recorded by ``known_to``, by the database's
    clock, which is ``lag_seconds`` ago at most; None: it was the primary, which has all.
    """

    read_at: datetime
    sources: tuple[SourceFreshness, ...]
    counted_at: datetime | None
    is_of_all: bool = True
    known_to: datetime | None = None
    lag_seconds: int | None = None

    @property
    def quiet(self) -> tuple[SourceFreshness, ...]:
        """The sources that are silent longer than usual."""
        return tuple(each for each in self.sources if each.is_quiet)

    @property
    def complete_to(self) -> datetime | None:
        """Up to when nothing is known to be missing, None if nothing ever came.

        When something last came from the source that is quiet for longest, or else from any; but
        of what was recorded after ``known_to`` a replica may have one thing and lack another.
        """
        if not self.sources:
            return None
        quiet = [each.last_at for each in self.quiet]
        last_at = min(quiet) if quiet else max(each.last_at for each in self.sources)
        return last_at if self.known_to is None else min(last_at, self.known_to)
