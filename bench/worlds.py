"""Worlds of simulated waits at one stage, whose truth is known because it was made.

Nothing here knows how waits are judged. Times are hours since the world's beginning, a Monday's
midnight. A stay has some work to be done, which goes on at the speed of its region and hub at each
hour; at speed 0 nothing goes on, which is what an outage is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import exp
from random import Random

REGIONS = ("North", "Central", "South")
_DAY, _WEEK = 24, 168


@dataclass(slots=True)
class TrueStay:
    """One update at the stage: when it entered, and when it will have passed; None: never.

    ``fails_at`` is when it fails. ``held`` are the hours from and to which an outage holds it.
    """

    request: int
    region: str
    hub: int
    entered: float
    passes: float | None
    fails: float | None = None
    held: tuple[float, float] | None = None

    @property
    def ends(self) -> float | None:
        """When it passes or fails; None: it never does."""
        return self.passes if self.fails is None else self.fails


@dataclass(frozen=True)
class Outage:
    """From which hour to which nothing goes on in a region, or at a hub of it."""

    region: str
    first: float
    last: float
    hub: int | None = None


@dataclass(frozen=True)
class World:
    """The stays of all requests, by request; and from which hour on they are looked at."""

    name: str
    stays: Mapping[int, list[TrueStay]]
    looked_from: int
    looked_to: int
    outages: tuple[Outage, ...] = ()


@dataclass
class Making:
    """A world in the making; ``speed`` says how fast work goes on in a region at an hour."""

    name: str
    random: Random
    speed: Callable[[str, float], float] = lambda _region, _hour: 1.0
    outages: tuple[Outage, ...] = ()
    stays: dict[int, list[TrueStay]] = field(default_factory=dict)
    devices_of_hub: int = 1
    hubs: int = 0

    def roll_out(
        self,
        at: float,
        devices: Mapping[str, int],
        *,
        median: float = 8.0,
        spread: float = 0.7,
        over: float = 0.0,
        dead: float = 0.0,
        failing: float = 0.0,
        shared: bool = False,
        least: float = 0.0,
    ) -> int:
        """Add a request: how many devices in which region enter within ``over`` hours.

        ``dead`` and ``failing`` are the shares that never pass, silently and saying so; ``shared``
        gives all that wait at one hub the same work.
        """
        number = len(self.stays)
        self.stays[number] = []
        for region, count in devices.items():
            work = 0.0
            for index in range(count):
                if index % self.devices_of_hub == 0:
                    self.hubs += 1
                if not shared or index % self.devices_of_hub == 0:
                    work = least + median * exp(self.random.gauss(0, spread))
                entered = at + self.random.random() * over
                stay = TrueStay(number, region, self.hubs, entered, None)
                chance = self.random.random()
                if chance >= dead:
                    self._work(stay, work)
                    if chance < dead + failing:
                        stay.fails = stay.passes
                        stay.passes = None
                self.stays[number].append(stay)
        return number

    def _work(self, stay: TrueStay, work: float) -> None:
        now = stay.entered
        while work > 0:
            until = float(int(now) + 1)
            outage = self._outage(stay, now)
            if outage is not None:
                stay.held = (max(stay.entered, outage.first), outage.last)
                now = outage.last
                continue
            speed = self.speed(stay.region, now)
            if speed > 0 and work <= (until - now) * speed:
                now += work / speed
                break
            work -= (until - now) * speed
            now = until
            if now > stay.entered + 5_000:
                return
        stay.passes = now

    def _outage(self, stay: TrueStay, now: float) -> Outage | None:
        return next(
            (
                each
                for each in self.outages
                if each.region == stay.region
                and each.hub in (None, stay.hub)
                and each.first <= now < each.last
            ),
            None,
        )

    def made(self, looked_from: float, looked_to: float) -> World:
        """Return the world, which is looked at from an hour to another."""
        return World(self.name, self.stays, int(looked_from), int(looked_to), self.outages)


def everywhere(devices: int) -> Mapping[str, int]:
    """Return so many devices for each region."""
    return dict.fromkeys(REGIONS, devices)


def steady(random: Random) -> World:
    """Return a world of requests every few days, all alike."""
    made = Making("steady", random)
    for day in range(0, 60, 3):
        made.roll_out(day * _DAY + 9, everywhere(200), over=4, dead=0.02, failing=0.03)
    return made.made(15 * _DAY, 60 * _DAY)


def pilots(random: Random) -> World:
    """Quick pilots of 150 before each slow many."""
    made = Making("pilots", random)
    for week in range(8):
        made.roll_out(week * _WEEK + 9, everywhere(50), median=4)
        made.roll_out(week * _WEEK + 3 * _DAY, everywhere(400), median=24, over=2)
    return made.made(0, 8 * _WEEK)


def first_roll_out(random: Random) -> World:
    """Return a world of a thousand devices, with nothing before them."""
    made = Making("first roll-out", random)
    made.roll_out(9, {"North": 500, "South": 500}, median=24, spread=0.8)
    return made.made(0, 20 * _DAY)


def one_pilot(random: Random) -> World:
    """Return a world whose first request is a quick pilot, before many six times as slow."""
    made = Making("one pilot, then the many", random)
    made.roll_out(9, {"North": 75, "South": 75}, median=4)
    made.roll_out(5 * _DAY, everywhere(1_000), median=24)
    return made.made(0, 25 * _DAY)


def _is_night(hour: float) -> bool:
    return hour % _DAY < 6


def nights(random: Random) -> World:
    """Hubs that take images at night only; requests at any hour of the working day."""
    made = Making("only at night", random, lambda _, hour: 1.0 if _is_night(hour) else 0.0)
    for day in range(0, 50, 2):
        made.roll_out(day * _DAY + random.randrange(8, 18), everywhere(200), median=3)
    return made.made(20 * _DAY, 50 * _DAY)


def weekends(random: Random) -> World:
    """Nothing goes on from Friday evening to Monday morning."""

    def speed(_: str, hour: float) -> float:
        return 0.0 if hour % _WEEK >= 4 * _DAY + 18 or hour % _WEEK < 7 else 1.0

    made = Making("no weekends", random, speed)
    for day in range(0, 63, 2):
        made.roll_out(day * _DAY + random.randrange(8, 18), everywhere(150), median=10, over=3)
    return made.made(28 * _DAY, 63 * _DAY)


def seasons(random: Random) -> World:
    """Speed falls to a third for two months, and rises again."""

    def speed(_: str, hour: float) -> float:
        return 0.33 if 60 * _DAY < hour < 120 * _DAY else 1.0

    made = Making("seasons", random, speed)
    for day in range(0, 160, 4):
        made.roll_out(day * _DAY + 9, everywhere(150), over=6, dead=0.01)
    return made.made(40 * _DAY, 160 * _DAY)


def regions(random: Random) -> World:
    """Regions that differ fivefold."""
    speeds = dict(zip(REGIONS, (1.0, 0.5, 0.2), strict=True))
    made = Making("regions", random, lambda region, _: speeds[region])
    for day in range(0, 60, 4):
        made.roll_out(day * _DAY + 9, everywhere(150), over=10, failing=0.1)
    return made.made(15 * _DAY, 60 * _DAY)


def never_finishing(random: Random) -> World:
    """Return a world with a model that never finishes among those that do."""
    made = Making("a model that never finishes", random)
    for day in range(0, 60, 3):
        dead = 1.0 if day % 9 == 0 else 0.02
        made.roll_out(day * _DAY + 9, everywhere(150), over=5, dead=dead)
    return made.made(15 * _DAY, 60 * _DAY)


def outage(random: Random) -> World:
    """Thirty hours without the South."""
    down = Outage("South", 45 * _DAY + 14, 46 * _DAY + 20)
    made = Making("an outage of a region", random, outages=(down,))
    for day in range(0, 60, 3):
        made.roll_out(day * _DAY + 9, everywhere(200), over=4, dead=0.02)
    return made.made(15 * _DAY, 60 * _DAY)


def recovery(random: Random) -> World:
    """Two outages within two weeks, and a recovery after each."""
    downs = (
        Outage("South", 36 * _DAY + 13, 38 * _DAY),
        Outage("South", 48 * _DAY + 12, 49 * _DAY + 18),
    )
    made = Making("recovery, and another outage", random, outages=downs)
    for day in range(0, 60, 2):
        made.roll_out(day * _DAY + 9, everywhere(150), over=4, dead=0.05, median=6)
    return made.made(15 * _DAY, 60 * _DAY)


def exchanged_hubs(random: Random) -> World:
    """Return a world in which one in twelve of many requests hangs at a hub that was exchanged."""
    made = Making("exchanged hubs", random)
    for day in range(0, 60, 3):
        made.roll_out(day * _DAY + 9, everywhere(150), over=4, dead=0.08 if day % 6 else 0.01)
    return made.made(15 * _DAY, 60 * _DAY)


def silent_hubs(random: Random) -> World:
    """Hubs of five devices each, whose works are their own; two hubs fall silent."""
    made = Making("silent hubs", random, devices_of_hub=5)
    made.outages = (
        Outage("North", 39 * _DAY + 10, 50 * _DAY, hub=13 * 120 + 3),
        Outage("North", 45 * _DAY + 10, 60 * _DAY, hub=15 * 120 + 7),
    )
    for day in range(0, 60, 3):
        made.roll_out(day * _DAY + 9, everywhere(200), over=4)
    return made.made(15 * _DAY, 60 * _DAY)


def shared_hubs(random: Random) -> World:
    """Hubs of four devices that all get the image at about the same time."""
    made = Making("hubs that serve all at once", random, devices_of_hub=4)
    for day in range(0, 60, 3):
        made.roll_out(day * _DAY + 9, everywhere(200), over=1, shared=True)
    return made.made(15 * _DAY, 60 * _DAY)


def slow_then_quick(random: Random) -> World:
    """Slow half a year ago, quick since, and now 500 devices are silent."""
    down = Outage("South", 185 * _DAY + 8, 190 * _DAY)
    made = Making("slow, then quick, then an outage", random, outages=(down,))
    for day in range(0, 80, 5):
        made.roll_out(day * _DAY + 9, everywhere(150), median=60)
    for day in range(100, 184, 6):
        made.roll_out(day * _DAY + 9, everywhere(150), median=2.5)
    made.roll_out(185 * _DAY + 9, {"South": 500}, median=2.5)
    return made.made(175 * _DAY, 190 * _DAY)


def small_requests(random: Random) -> World:
    """Many requests of a few devices."""
    made = Making("small requests", random)
    for hour in range(0, 50 * _DAY, 6):
        for region in REGIONS:
            made.roll_out(hour + random.random() * 6, {region: random.choice((1, 1, 2, 5, 12))})
    return made.made(20 * _DAY, 50 * _DAY)


def trickle(random: Random) -> World:
    """Return a world of requests whose devices enter over days, as a CSP lets them."""
    made = Making("trickle", random)
    for week in range(8):
        made.roll_out(week * _WEEK + 9, everywhere(600), over=5 * _DAY, median=12, failing=0.05)
    return made.made(3 * _WEEK, 8 * _WEEK)


Maker = Callable[[Random], World]

WORLDS: tuple[Maker, ...] = (
    steady,
    pilots,
    first_roll_out,
    one_pilot,
    nights,
    weekends,
    seasons,
    regions,
    never_finishing,
    outage,
    recovery,
    exchanged_hubs,
    silent_hubs,
    shared_hubs,
    slow_then_quick,
    small_requests,
    trickle,
)


def worlds(seed: int) -> Iterator[World]:
    """Yield every world, each made from ``seed``."""
    for make in WORLDS:
        yield make(Random(f"{make.__name__} {seed}"))
