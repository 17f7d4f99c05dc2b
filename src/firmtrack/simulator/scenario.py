"""What to simulate: how much traffic, between whom, when, and in which disorder."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from firmtrack.domain.identifiers import Eui64
from firmtrack.errors import FirmtrackError

MAXIMUM_DEVICES = 50_000
"""Devices that one request may name. Source: DUIS 5.4, ``DeviceIDList``."""

MAXIMUM_IMAGE_BYTES = 10_240_000
"""Octets of one firmware image before base64. Source: DUIS 5.4, ``FirmwareImage``."""

MINIMUM_IMAGE_BYTES = 1_024
MAXIMUM_DAYS = 3_650

DEFAULT_START = datetime(2025, 1, 6, 8, tzinfo=UTC)
DEFAULT_SUPPLIERS = (
    Eui64.parse("90-B3-D5-1F-30-01-00-00"),
    Eui64.parse("90-B3-D5-1F-30-02-00-00"),
)


class ImpossibleScenario(FirmtrackError):
    """A scenario asks for what cannot be simulated."""

    def __init__(self, field: str, value: object, allowed: str) -> None:
        self.field = field
        self.value = value
        super().__init__(f"{field} is {value}; it must be {allowed}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """One simulation, whole and reproducible: equal scenarios give equal octets.

    ``requests`` counts the requests sent, follow-ups of earlier ones included; ``devices`` is the
    mean number of devices that a first request names (a single request names exactly so many).
    ``suppliers`` are the User IDs that send requests, two or more.
    The simulated time is ``days`` long from ``start``; what would happen later is not sent.
    ``image_bytes`` sets the size of every image, None lets sizes differ from 20 to 200 kB.

    Disorder: ``shuffled`` sends all messages in random order; ``doubled`` is the share of messages
    sent a second time (True is all); ``late`` the share held back by hours or days.

    Raises ImpossibleScenario.
    """

    requests: int
    devices: int
    seed: int
    start: datetime = DEFAULT_START
    days: int = 30
    suppliers: tuple[Eui64, ...] = DEFAULT_SUPPLIERS
    image_bytes: int | None = None
    shuffled: bool = False
    doubled: float = 0.0
    late: float = 0.0

    def __post_init__(self) -> None:
        _require("requests", self.requests, 1, 100_000)
        _require("devices", self.devices, 1, MAXIMUM_DEVICES)
        _require("days", self.days, 1, MAXIMUM_DAYS)
        _require("doubled", self.doubled, 0, 1)
        _require("late", self.late, 0, 1)
        if self.image_bytes is not None:
            _require("image_bytes", self.image_bytes, MINIMUM_IMAGE_BYTES, MAXIMUM_IMAGE_BYTES)
        if self.start.tzinfo is None:
            raise ImpossibleScenario("start", self.start, "a time with a zone")
        if len(set(self.suppliers)) < 2 or len(set(self.suppliers)) != len(self.suppliers):
            raise ImpossibleScenario("suppliers", self.suppliers, "two or more, each once")

    @property
    def first_second(self) -> datetime:
        """When the simulated time begins, in UTC and whole seconds."""
        return self.start.astimezone(UTC).replace(microsecond=0)

    @property
    def end(self) -> datetime:
        """When the simulated time is over: nothing is sent after it."""
        return self.first_second + timedelta(days=self.days)


def _require(field: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ImpossibleScenario(field, value, f"between {least} and {most}")
