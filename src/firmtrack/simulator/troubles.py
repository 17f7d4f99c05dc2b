"""Troubles: what makes many updates that have something in common go wrong alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from random import Random

from firmtrack.domain.identifiers import FirmwareVersion
from firmtrack.simulator.outcomes import Outcome, Report
from firmtrack.simulator.updates import Named, SentUpdate
from firmtrack.simulator.world import Region


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """How a ``share`` of the updates that have all this in common go; None is anything.

    ``reports`` is all that is heard of them, in order; nothing is silence. ``since`` and ``until``
    are of the request's submission.
    """

    share: float
    reports: tuple[Report, ...]
    region: Region | None = None
    model: str | None = None
    comms_hub_version: FirmwareVersion | None = None
    since: datetime | None = None
    until: datetime | None = None

    def befalls(self, update: SentUpdate, named: Named) -> bool:
        """Return whether the update of a device has all this in common."""
        device = named.device
        return (
            device is not None
            and self.region in {None, device.home.region}
            and self.model in {None, device.model.name}
            and self.comms_hub_version in {None, device.home.comms_hub_version}
            and (self.since is None or update.submitted_at >= self.since)
            and (self.until is None or update.submitted_at < self.until)
        )


def outcome_with(
    troubles: Sequence[Trouble], update: SentUpdate, named: Named, usual: Outcome, chance: Random
) -> Outcome:
    """Return how an update goes that would have gone as ``usual``: the first trouble decides."""
    trouble = next((each for each in troubles if each.befalls(update, named)), None)
    if trouble is None or chance.random() >= trouble.share:
        return usual
    return Outcome(trouble.reports)
