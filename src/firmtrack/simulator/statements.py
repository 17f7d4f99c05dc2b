"""What the messages in the traffic state of devices, and the latest statement of each fact."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from firmtrack.domain.identifiers import Eui64

_A_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Statement:
    """What one message states of a device, by the fact's name.

    ``at`` is DCC's time; None, of a request, which carries none, is before any other.
    """

    device_id: Eui64
    at: datetime | None
    facts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Fact:
    """The latest statement of one fact."""

    value: str
    at: datetime | None


class Statements:
    """All that was stated. Of two on one fact the later counts; no two are of one time."""

    def __init__(self) -> None:
        self._facts: dict[Eui64, dict[str, Fact]] = {}
        self._taken: set[tuple[Eui64, datetime]] = set()

    def hear(self, statement: Statement) -> None:
        """Take in a statement; the order does not matter."""
        facts = self._facts.setdefault(statement.device_id, {})
        if statement.at is not None:
            self._taken.add((statement.device_id, statement.at))
        for name, value in statement.facts.items():
            known = facts.get(name)
            if known is None or _is_later(statement.at, known.at):
                facts[name] = Fact(value, statement.at)

    def free_second(self, device_ids: Iterable[Eui64], at: datetime) -> datetime:
        """Return the first second from ``at`` on in which nothing was stated of these devices.

        Which of two contrary statements of one second counts, the world could not say.
        """
        named = tuple(device_ids)
        while any((device_id, at) in self._taken for device_id in named):
            at += _A_SECOND
        return at

    def facts_of(self, device_id: Eui64) -> Mapping[str, Fact]:
        """Return the latest statement of each fact of a device, none of one that nothing named."""
        return self._facts.get(device_id, {})

    def devices(self) -> Iterable[Eui64]:
        """Return the devices of which anything was stated, in the order of the first statement."""
        return self._facts.keys()


def _is_later(at: datetime | None, than: datetime | None) -> bool:
    return at is not None and (than is None or at > than)
