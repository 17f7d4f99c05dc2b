"""One activation as it goes along: who activates what on which device, and how far that is."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from firmtrack.domain.identifiers import Eui64, FirmwareVersion
from firmtrack.simulator.chance import duration
from firmtrack.simulator.outcomes import Dwell
from firmtrack.simulator.post import Post
from firmtrack.simulator.truth import TrueActivation
from firmtrack.simulator.updates import SentUpdate
from firmtrack.simulator.world import Device


@dataclass(slots=True)
class Scene:
    """One device on which ``supplier`` activates the image of ``update``, and how far that is.

    ``asked`` is the latest request, ``planned`` the future-dated one; ``old_version`` is what
    DCC's inventory held before.
    """

    device: Device
    update: SentUpdate
    supplier: Eui64
    at: datetime
    post: Post
    chance: Random
    refusals: Iterator[str]
    old_version: FirmwareVersion
    asked: TrueActivation | None = None
    planned: TrueActivation | None = None

    @property
    def subject(self) -> TrueActivation:
        """The request that is answered: no plot lets anyone answer before anything was asked."""
        assert self.asked is not None
        return self.asked

    @property
    def plan(self) -> TrueActivation:
        """The future-dated request that is carried out: no plot has that without one."""
        assert self.planned is not None
        return self.planned

    def hours(self, dwell: Dwell) -> timedelta:
        """Return how long something takes this time."""
        return duration(dwell.median_hours, dwell.spread, self.chance)

    def wait_for_the_plan(self, dwell: Dwell) -> None:
        """Let it be a little after the time that the future-dated request names."""
        scheduled_for = self.plan.scheduled_for
        if scheduled_for is not None and self.at < scheduled_for:
            self.at = scheduled_for + self.hours(dwell)
