"""What a diagnosis rests on: all that is known of one distribution, gathered beforehand.

Durations are in seconds, times aware and in UTC.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from firmtrack.answers.devices import HistoryEntry
from firmtrack.answers.requests import DistributionAnswer
from firmtrack.domain.activation import Activation
from firmtrack.domain.facts import DeviceFacts, ImageFacts
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.incidents import IncidentEntry
from firmtrack.domain.reconciliation import SUSPENDED, Flag, FlagKind
from firmtrack.domain.stages import CompletionStatus, StageRow, stages_of
from firmtrack.domain.voice import Voice
from firmtrack.store.reports.waits import KnownWait


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """One distribution and everything around it that a diagnosis may speak of.

    ``history`` is in any order. ``device`` is what the asking viewer may see of the inventory.
    ``activations`` are those of this distribution's image, the latest requested first;
    ``incidents`` what befell it besides its stages, ``unattributed`` what was said of the device
    and fits no request.
    ``other_updates`` are the device's other distributions that the viewer may see;
    ``is_foreign_update_open`` tells of another party's update under way, and nothing else of it.
    ``flags`` are what does not fit of the device (firmtrack.domain.reconciliation).
    ``supplier_changed_at`` is when DCC last told of a change of the device's supplier, the
    beginning of a day if it told another party (``is_supplier_change_anothers``).
    ``wait`` is what others' stays where this one is tell, None if too few were seen; then
    ``slow_seconds`` counts, what an operator calls slow, None if nobody set it. ``hub_since`` is
    since when the updates behind the device's hub have all waited, None if they are few.
    ``voice`` is to whom the diagnosis speaks.
    Unless ``is_usual_known``, what is usual could not be asked for, and all three are None.
    """

    distribution: DistributionAnswer
    history: Sequence[HistoryEntry]
    now: datetime
    image: ImageFacts | None = None
    device: DeviceFacts | None = None
    activations: Sequence[Activation] = ()
    incidents: Sequence[IncidentEntry] = ()
    unattributed: Sequence[HistoryEntry] = ()
    other_updates: Sequence[DistributionAnswer] = ()
    is_foreign_update_open: bool = False
    flags: Sequence[Flag] = ()
    supplier_changed_at: datetime | None = None
    is_supplier_change_anothers: bool = False
    wait: KnownWait | None = None
    hub_since: datetime | None = None
    slow_seconds: float | None = None
    is_usual_known: bool = True
    voice: Voice = Voice.USER

    @property
    def since(self) -> datetime:
        """When the present step began: the first word of the current status, the last of a failure.

        A party may repeat itself, which starts nothing anew; another try that fails is news.
        """
        status = self.distribution.status
        if status.is_bad:
            return self.distribution.updated_at
        times = [each.first_at for each in self.history if each.status is status]
        return min(times, default=self.distribution.updated_at)

    @property
    def waited_seconds(self) -> float:
        """How long the present step has lasted; 0 if the clocks that tell of it disagree."""
        return max(0.0, (self.now - self.since).total_seconds())

    @property
    def next_stage(self) -> StageRow | None:
        """The stage that the update must pass next, None of one that has ended.

        The variant's last stage, if only a stage that the variant does not have was told of.
        """
        distribution = self.distribution
        if distribution.completion is not CompletionStatus.IN_PROGRESS:
            return None
        rows = stages_of(distribution.variant)
        ahead = (row for row in rows if row.stage > distribution.status.stage)
        return next(ahead, rows[-1])

    @property
    def is_suspended(self) -> bool:
        """Whether the inventory has the device as Suspended."""
        return self.device is not None and self.device.device_status == SUSPENDED

    @property
    def later_success(self) -> DistributionAnswer | None:
        """The newest later request that has brought the device an image; None without one."""
        return self._newest_later(CompletionStatus.SUCCESSFUL)

    @property
    def later_under_way(self) -> DistributionAnswer | None:
        """The newest later request that is in progress for the device; None without one."""
        return self._newest_later(CompletionStatus.IN_PROGRESS)

    @property
    def is_other_open(self) -> bool:
        """Whether another update of the device is in progress, the viewer's or another party's."""
        return self.is_foreign_update_open or any(
            other.completion is CompletionStatus.IN_PROGRESS for other in self.other_updates
        )

    def _newest_later(self, completion: CompletionStatus) -> DistributionAnswer | None:
        submitted_at = self.distribution.submitted_at
        later = [
            other
            for other in self.other_updates
            if other.completion is completion and other.submitted_at > submitted_at
        ]
        return max(later, key=lambda other: other.submitted_at, default=None)

    def flag(self, request_id: RequestId, *kinds: FlagKind) -> Flag | None:
        """Return a flag of one of these kinds about this request or activation, None if none is."""
        meant = (each for each in self.flags if each.kind in kinds)
        return next((each for each in meant if each.request_id == request_id), None)
