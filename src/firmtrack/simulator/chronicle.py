"""What happened in a simulated time, as far as the traffic tells of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from firmtrack.domain.identifiers import Eui64
from firmtrack.simulator.post import SentMessage
from firmtrack.simulator.responsibility import Responsibility
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.statements import Statements
from firmtrack.simulator.surroundings import Unattributed
from firmtrack.simulator.truth import TrueActivation, TrueDistribution
from firmtrack.simulator.updates import SentUpdate


@dataclass(frozen=True, slots=True)
class Chronicle:
    """All that is true at the end of the simulated time, as far as the traffic tells it.

    ``messages`` are the messages in the order of sending, copies included; ``stubs`` the requests
    that only others' messages name; ``not_tracked`` says why, of each device out of scope.
    """

    scenario: Scenario
    messages: Sequence[SentMessage]
    updates: Sequence[SentUpdate]
    stubs: Sequence[SentUpdate]
    unattributed: Sequence[Unattributed]
    not_tracked: Mapping[Eui64, str]
    activations: Sequence[TrueActivation]
    statements: Statements
    suppliers: Responsibility

    def requests(self) -> Iterator[SentUpdate]:
        """Yield every request, those that only others' messages name last."""
        yield from self.updates
        yield from self.stubs

    def distributions(self) -> Iterator[TrueDistribution]:
        """Yield every distribution, request by request."""
        for update in self.requests():
            for named in update.named:
                yield named.distribution
