"""How a world of simulated updates is made, whose causes are known because they were put in.

Nothing here knows how causes are searched for. An update is drawn by itself: it fails at a step
with the chance that its request and what it is give it, or takes its time; and how it stands is
what can be seen of that at a moment. The world then counts its updates as cells.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from firmtrack.causes.cells import Cells, Standing
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import Eui64, RequestId
from firmtrack.domain.stages import Stage, Status

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)

Array = NDArray[Any]
Random = np.random.Generator

DAY_SECONDS = 86_400
USER, DCC = Eui64(0x90B3D51F30000010), Eui64(0x90B3D51F30000002)
_STALLED_AFTER = 0.7


@dataclass(frozen=True, slots=True)
class Way:
    """A way to fail: where, for which reason, how often and after how many days."""

    status: Status
    reason: str | None
    share: float
    days: float


REFUSED = Way(Status.REJECTED, "not_commissioned", 0.004, 0.0005)
N61 = Way(Status.COMMS_HUB_DELIVERY_FAILED, "N61", 0.02, 4.0)
DISCARDED = Way(Status.DEVICE_TRANSFER_FAILED, "image_discarded", 0.005, 0.3)
MISMATCH = Way(Status.DEVICE_TRANSFER_FAILED, "hardware_version_mismatch", 0.003, 0.1)
HASH = Way(Status.VERIFICATION_FAILED, "8F1C", 0.003, 0.5)
WAYS = (REFUSED, N61, DISCARDED, MISMATCH, HASH)

# Of a step: the median of days that it takes, and how far they spread.
_STEPS = {
    Stage.VALIDATED: (0.0005, 0.3),
    Stage.SENT_TO_CSP: (0.05, 0.5),
    Stage.DELIVERED_TO_COMMS_HUB: (1.0, 0.8),
    Stage.TRANSFERRED_TO_DEVICE: (0.3, 1.0),
    Stage.VERIFIED_BY_DEVICE: (0.5, 1.0),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What makes updates that have all of ``traits`` fail in one way with the chance ``share``.

    Those of requests that are no older than ``days``; None: of all.
    """

    way: Way
    traits: tuple[tuple[Attribute, int], ...]
    share: float
    days: float | None = None


@dataclass(frozen=True, slots=True)
class Silence:
    """An outage: since so many days updates with the traits do not pass the stage after."""

    stage: Stage
    traits: tuple[tuple[Attribute, int], ...]
    days: float
    requests: tuple[int, ...] | None = None


@dataclass(frozen=True)
class World:
    """Cells, and the causes of what is in them; none of a world of chance."""

    kind: str
    cells: Cells
    causes: tuple[CauseKey, ...]
    now: datetime = NOW


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How large a world is, and what differs in it without being a cause."""

    requests: int = 30
    devices: float = 1_500
    devices_spread: float = 0.8
    manufacturers: int = 5
    models: int = 4
    from_versions: int = 3
    hub_models: int = 2
    hub_versions: int = 3
    regions: int = 3
    mixed: float = 0.5
    youngest: float = 0.1
    oldest: float = 30.0
    rates: Callable[[Random, int], Array] = lambda _random, n: np.ones(n)
    ways: Sequence[Way] = WAYS
    slow_regions: float = 0.0
    slowness: float = 5.0
    dead: float = 0.005
    dead_of_model: float = 0.0
    stalls_alone: float = 12.0
    burst: float = 0.0
    together: int = 1
    per_version: float = 2.0
    region_hubs: float = 0.8


@dataclass
class Making:
    """A world in the making: its updates as arrays side by side."""

    random: Random
    shape: Shape
    request: Array = field(init=False)
    values: dict[Attribute, Array] = field(init=False)

    def __post_init__(self) -> None:
        shape, random = self.shape, self.random
        self.ages = np.sort(random.uniform(shape.youngest, shape.oldest, shape.requests))[::-1]
        sizes = shape.devices * np.exp(random.normal(0, shape.devices_spread, shape.requests))
        self.request = np.repeat(np.arange(shape.requests), np.maximum(sizes.astype(int), 20))
        self.rates = np.maximum(shape.rates(random, shape.requests), 0.0)
        self.values = self._drawn()

    def _drawn(self) -> dict[Attribute, Array]:
        shape, random, request = self.shape, self.random, self.request
        size = len(request)
        per_maker = random.integers(1, 2 * shape.models, shape.manufacturers)
        maker_of = np.repeat(np.arange(shape.manufacturers), per_maker)
        models = len(maker_of)
        weights = random.exponential(1.0, models) + 0.1
        lead = random.choice(models, shape.requests, p=weights / weights.sum())
        type_of = random.choice(3, models, p=[0.6, 0.3, 0.1])
        is_mixed = random.random(shape.requests) < shape.mixed
        other = np.array([random.choice(np.flatnonzero(maker_of == maker_of[m])) for m in lead])
        part = random.uniform(0.2, 0.9, shape.requests)
        takes_other = is_mixed[request] & (random.random(size) > part[request])
        model = np.where(takes_other, other[request], lead[request])
        tilt = random.dirichlet(np.ones(shape.regions) * 3, shape.requests)
        region = (random.random(size)[:, None] > np.cumsum(tilt, axis=1)[request]).sum(axis=1)
        region = np.minimum(region, shape.regions - 1)
        hub_makers = shape.regions
        hub_maker = np.where(
            random.random(size) < shape.region_hubs, region, random.integers(0, hub_makers, size)
        )
        hub_model = hub_maker * shape.hub_models + random.integers(0, shape.hub_models, size)
        popular = random.dirichlet(np.ones(shape.hub_versions), hub_makers * shape.hub_models)
        hub_version = (random.random(size)[:, None] > np.cumsum(popular, axis=1)[hub_model]).sum(1)
        hub_version = hub_model * shape.hub_versions + np.minimum(
            hub_version, shape.hub_versions - 1
        )
        ran = random.dirichlet(np.ones(shape.from_versions), models)
        version = (random.random(size)[:, None] > np.cumsum(ran, axis=1)[model]).sum(axis=1)
        version = model * shape.from_versions + np.minimum(version, shape.from_versions - 1)
        step = random.integers(
            0, max(1, round(shape.requests / models / shape.per_version)) + 1, shape.requests
        )
        image = np.unique(lead * 1_000 + step, return_inverse=True)[1]
        unknown = random.random(size) < 0.02
        known = {
            Attribute.DEVICE_TYPE: type_of[model],
            Attribute.MANUFACTURER: maker_of[model],
            Attribute.MODEL: model,
            Attribute.CSP_REGION: region,
            Attribute.FROM_VERSION: np.where(unknown, -1, version),
            Attribute.COMMS_HUB_MANUFACTURER: np.where(unknown, -1, hub_maker),
            Attribute.COMMS_HUB_MODEL: np.where(unknown, -1, hub_model),
            Attribute.COMMS_HUB_FIRMWARE_VERSION: np.where(unknown, -1, hub_version),
            Attribute.FIRMWARE_VERSION: image[request],
            Attribute.IMAGE_HASH: image[request],
            Attribute.SERVICE_REQUEST_ID: request,
        }
        return {attribute: known[attribute] + 1 for attribute in Attribute}

    def having(self, traits: Sequence[tuple[Attribute, int]]) -> Array:
        """Return which updates have all of these traits."""
        found = np.ones(len(self.request), dtype=bool)
        for attribute, code in traits:
            found &= self.values[attribute] == code
        return found

    def made(
        self, kind: str, effects: Sequence[Effect] = (), silences: Sequence[Silence] = ()
    ) -> World:
        """Return the world as it is seen at NOW."""
        seen = self._seen(effects, silences)
        keys = [
            *(CauseKey.of(e.way.status, e.way.reason, self._named(e.traits)) for e in effects),
            *(CauseKey.of(_GOOD[s.stage], None, self._named(s.traits)) for s in silences),
        ]
        return World(kind, self._cells(*seen), tuple(keys))

    def _named(self, traits: Sequence[tuple[Attribute, int]]) -> list[Trait]:
        return [Trait(attribute, value_of(attribute, code)) for attribute, code in traits]

    def _failing(self, effects: Sequence[Effect]) -> Array:
        """Return of each update the way in which it is to fail; -1 if it is not."""
        random, request, shape = self.random, self.request, self.shape
        size = len(request)
        chances = []
        for way in shape.ways:
            chance = way.share * self.rates[request]
            for effect in effects:
                if effect.way == way:
                    is_of = self.having(effect.traits)
                    if effect.days is not None:
                        is_of &= self.ages[request] <= effect.days
                    chance = np.where(is_of, effect.share, chance)
            chances.append(chance)
        draw = random.random(-(-size // shape.together)).repeat(shape.together)[:size]
        bounds = np.cumsum(chances, axis=0)
        way = (draw[None, :] >= bounds).sum(axis=0)
        return np.where(way >= len(shape.ways), -1, way)

    def _seen(
        self, effects: Sequence[Effect], silences: Sequence[Silence]
    ) -> tuple[Array, Array, Array, Array]:
        """Return of each update its standing, stage, reason and the days since that was so."""
        random, request, shape = self.random, self.request, self.shape
        size = len(request)
        way = self._failing(effects)
        speed = np.ones((shape.requests, shape.regions))
        speed[random.random(speed.shape) < shape.slow_regions] = shape.slowness
        slow = speed[request, self.values[Attribute.CSP_REGION] - 1]
        is_dead = random.random(size) < shape.dead
        if shape.dead_of_model:
            is_dead |= (self.values[Attribute.MODEL] == 1) & (
                random.random(size) < shape.dead_of_model
            )
        clock = np.zeros(size)
        age = self.ages[request]
        standing = np.full(size, int(Standing.WAITING))
        stage = np.full(size, int(Stage.RECEIVED))
        reason = np.zeros(size, dtype=int)
        since = np.zeros(size)
        is_going = np.ones(size, dtype=bool)
        burst_day = random.uniform(2, 8)
        for at, (median, spread) in _STEPS.items():
            entered = clock.copy()
            takes = median * np.exp(random.normal(0, spread, size))
            takes *= slow if at >= Stage.DELIVERED_TO_COMMS_HUB else 1.0
            ends = entered + takes
            fails = np.zeros(size, dtype=bool)
            for number, each in enumerate(shape.ways):
                here = (way == number) & (each.status.stage == at)
                fails |= here
                ends = np.where(
                    here, entered + each.days * np.exp(random.normal(0, 0.1, size)), ends
                )
                reason = np.where(here & is_going, number + 1, reason)
            if shape.burst and at is Stage.DELIVERED_TO_COMMS_HUB:
                hit = (age - ends < burst_day) & (age - ends > burst_day - 1)
                hit &= random.random(size) < shape.burst
                fails |= hit & is_going
                reason = np.where(hit & is_going, 2, reason)
            never = is_dead & (at is Stage.DELIVERED_TO_COMMS_HUB) & ~fails
            held = np.zeros(size, dtype=bool)
            for silence in silences:
                if at == silence.stage + 1:
                    is_in = self.having(silence.traits)
                    if silence.requests is not None:
                        is_in &= np.isin(request, silence.requests)
                    held |= is_in & (age - ends < silence.days)
            is_over = (ends <= age) & ~never & ~held
            stops = is_going & ~is_over
            waited = age - entered
            stalls = stops & ((held & (waited > _STALLED_AFTER)) | (waited > shape.stalls_alone))
            standing[stalls] = int(Standing.STALLED)
            since = np.where(stops, entered, since)
            has_failed = is_going & is_over & fails
            standing[has_failed] = int(Standing.FAILED)
            since = np.where(has_failed, ends, since)
            is_going &= is_over
            stage[is_going] = int(at)
            reason = np.where(stops, 0, reason)
            is_going &= ~fails
            clock = ends
        standing[is_going] = int(Standing.SUCCESSFUL)
        since = np.where(is_going, clock, since)
        reason = np.where(standing == int(Standing.FAILED), reason, 0)
        return standing, stage, reason, age - since

    def _cells(self, standing: Array, stage: Array, reason: Array, ago: Array) -> Cells:
        at = NOW.timestamp() - ago * DAY_SECONDS
        tells = (standing == int(Standing.FAILED)) | (standing == int(Standing.STALLED))
        day = np.where(tells, at // DAY_SECONDS, 0).astype(np.int64)
        columns = [self.request, *(self.values[a] for a in Attribute), standing, stage, reason, day]
        table = np.stack([c.astype(np.int64) for c in columns], axis=1)
        rows, cell, count = np.unique(table, axis=0, return_inverse=True, return_counts=True)
        cell = cell.reshape(-1)
        first = np.full(len(rows), np.iinfo(np.int64).max)
        last = np.zeros(len(rows), dtype=np.int64)
        np.minimum.at(first, cell, at.astype(np.int64))
        np.maximum.at(last, cell, at.astype(np.int64))
        codes = {a: rows[:, 1 + place] for place, a in enumerate(Attribute)}
        after = 1 + len(codes)
        return Cells(
            request_ids=[RequestId(USER, DCC, number + 1) for number in range(len(self.ages))],
            submitted_at=[NOW - timedelta(days=float(age)) for age in self.ages],
            reasons=[None, *(way.reason for way in self.shape.ways)],
            values={
                a: ["", *(value_of(a, code) for code in range(1, int(self.values[a].max()) + 1))]
                for a in Attribute
            },
            request=rows[:, 0],
            standing=rows[:, after],
            stage=rows[:, after + 1],
            reason=rows[:, after + 2],
            day=rows[:, after + 3],
            count=count.astype(np.int64),
            first=first,
            last=last,
            codes=codes,
        )


_GOOD = {
    Stage.SENT_TO_CSP: Status.SENT_TO_CSP,
    Stage.DELIVERED_TO_COMMS_HUB: Status.DELIVERED_TO_COMMS_HUB,
    Stage.TRANSFERRED_TO_DEVICE: Status.TRANSFERRED_TO_DEVICE,
}


def value_of(attribute: Attribute, code: int) -> str:
    if attribute is Attribute.SERVICE_REQUEST_ID:
        return str(RequestId(USER, DCC, code))
    return f"{attribute} {code}"
