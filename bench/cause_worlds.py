"""The worlds in which causes are searched for: of chance alone, with causes, as large as can be."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from bench.cause_making import (
    DAY_SECONDS,
    DCC,
    DISCARDED,
    HASH,
    MISMATCH,
    N61,
    NOW,
    REFUSED,
    USER,
    WAYS,
    Array,
    Effect,
    Making,
    Random,
    Shape,
    Silence,
    Way,
    World,
    value_of,
)
from firmtrack.causes.cells import Cells, Standing
from firmtrack.domain.causes import Attribute, CauseKey, Trait
from firmtrack.domain.identifiers import RequestId
from firmtrack.domain.stages import Stage

# ---- chance alone ----


def _normal(mean: float, spread: float) -> Callable[[Random, int], Array]:
    return lambda random, n: random.normal(mean, spread, n)


def _gamma(spread: float) -> Callable[[Random, int], Array]:
    return lambda random, n: random.gamma(1 / spread**2, spread**2, n)


def _lognormal(spread: float) -> Callable[[Random, int], Array]:
    return lambda random, n: np.exp(random.normal(0, spread, n))


NULLS: Mapping[str, Shape] = {
    "ages": Shape(youngest=0.02, oldest=12.0),
    "quick refusals": Shape(
        youngest=0.02, oldest=5.0, ways=[replace(REFUSED, share=0.05), *WAYS[1:]]
    ),
    "a slow region inside requests": Shape(slow_regions=0.3, slowness=6.0, oldest=10.0),
    "requests differ": Shape(rates=_normal(1.0, 0.5), requests=60),
    "requests differ, some much": Shape(rates=_lognormal(0.5), requests=60),
    "dead devices": Shape(dead=0.08, dead_of_model=0.3, stalls_alone=99.0),
    "a day's burst": Shape(burst=0.25, oldest=15.0),
    "neighbours fail together": Shape(together=4),
    "a first day": Shape(requests=2, devices=3_000, youngest=0.05, oldest=1.0),
    "one request": Shape(requests=1, devices=3_000, youngest=0.5, oldest=9.0),
    "a tiny supplier": Shape(
        requests=2, devices=30, devices_spread=0.2, manufacturers=2, models=1, from_versions=2
    ),
    "uneven models": Shape(mixed=1.0, rates=_gamma(0.6), requests=40, models=6),
    "many values": Shape(
        requests=60,
        devices=2_500,
        manufacturers=40,
        models=5,
        hub_models=5,
        hub_versions=4,
        rates=_normal(1.0, 0.3),
    ),
    "correlated": Shape(region_hubs=0.99, mixed=0.1, from_versions=1, rates=_normal(1.0, 0.4)),
    "many failures": Shape(ways=[replace(way, share=6 * way.share) for way in WAYS]),
    "small requests": Shape(requests=200, devices=60, devices_spread=1.0, rates=_normal(1.0, 0.5)),
}


def chance_alone(kind: str, seed: int) -> World:
    """Return a world without a cause."""
    return Making(_random(kind, seed), NULLS[kind]).made(kind)


def _random(kind: str, seed: int) -> Random:
    return np.random.default_rng([seed, *kind.encode()])


# ---- causes ----

_BEGUN_DAYS = 12.0
STRONG, MODEST, MIDDLING = (0.02, 0.8), (0.03, 0.12), (0.02, 0.3)


def _plain(random: Random) -> Shape:
    """Return a usual world, in which requests differ a little."""
    return Shape(
        requests=int(random.integers(15, 45)),
        devices=float(random.uniform(800, 2_500)),
        mixed=float(random.uniform(0.2, 1.0)),
        rates=_normal(1.0, 0.2),
        youngest=5.0,
    )


class NoSuchTraits(LookupError):
    """A world has no such traits of which enough updates tell."""


def single(attribute: Attribute, base: float, share: float, kind: str, seed: int) -> World:
    """Return a world in which updates with one trait fail more often."""
    random = _random(f"{kind} {attribute}", seed)
    making, way = _with_base(random, base)
    trait = _enough(making, random, (attribute,), least=(share - base) * 0.8)
    return making.made(kind, [Effect(way, trait, share)])


BEGUN = (
    Attribute.MODEL,
    Attribute.CSP_REGION,
    Attribute.FROM_VERSION,
    Attribute.COMMS_HUB_MODEL,
    Attribute.COMMS_HUB_FIRMWARE_VERSION,
)
"""By what a cause may begin that requests from before it have in common as well."""


def begun(attribute: Attribute, base: float, share: float, seed: int) -> World:
    """Return a world in which, since twelve days ago, updates with one trait fail more often.

    Three requests or more have such updates since, and three had before.
    """
    random = _random(f"begun {attribute}", seed)
    making, way = _with_base(random, base)
    is_since = making.ages <= _BEGUN_DAYS
    for _ in range(100):
        trait = _enough(making, random, (attribute,), least=(share - base) * 0.8)
        has = np.bincount(making.request[making.having(trait)], minlength=len(is_since)) >= 30
        if (has & is_since).sum() >= 3 and (has & ~is_since).sum() >= 3:
            return making.made("begun", [Effect(way, trait, share, days=_BEGUN_DAYS)])
    raise NoSuchTraits


def _with_base(random: Random, base: float) -> tuple[Making, Way]:
    way = replace(WAYS[int(random.integers(1, len(WAYS)))], share=base)
    ways = [way if each.reason == way.reason else each for each in WAYS]
    return Making(random, replace(_plain(random), ways=ways)), way


def _enough(
    making: Making, random: Random, attributes: Sequence[Attribute], *, least: float
) -> tuple[tuple[Attribute, int], ...]:
    """Return traits of these attributes that some updates have, old enough to tell, and few do."""
    is_old = making.ages[making.request] > 6.0
    size = len(making.request)
    for _ in range(2_000):
        place = int(random.integers(size))
        traits = tuple((a, int(making.values[a][place])) for a in attributes)
        if any(code == 0 for _, code in traits):
            continue
        which = making.having(traits)
        has = int((which & is_old).sum())
        if has * least < 60 or which.sum() > 0.5 * size:
            continue
        if all(which.sum() <= 0.7 * making.having([t]).sum() for t in traits if len(traits) > 1):
            return traits
    raise NoSuchTraits


PAIRS = (
    (Attribute.MODEL, Attribute.CSP_REGION),
    (Attribute.CSP_REGION, Attribute.FROM_VERSION),
    (Attribute.MODEL, Attribute.COMMS_HUB_FIRMWARE_VERSION),
    (Attribute.MANUFACTURER, Attribute.COMMS_HUB_MODEL),
    (Attribute.DEVICE_TYPE, Attribute.CSP_REGION),
    (Attribute.CSP_REGION, Attribute.FIRMWARE_VERSION),
    (Attribute.FROM_VERSION, Attribute.COMMS_HUB_FIRMWARE_VERSION),
)


def pair(
    attributes: tuple[Attribute, Attribute], base: float, share: float, kind: str, seed: int
) -> World:
    """Return a world in which updates fail more often if they have two traits."""
    random = _random(f"{kind} {attributes}", seed)
    making, way = _with_base(random, base)
    traits = _enough(making, random, attributes, least=(share - base) * 0.8)
    return making.made(kind, [Effect(way, traits, share)])


def several(seed: int) -> World:
    """Return a world with the four causes of a large roll-out, each of a reason of its own."""
    random = _random("several", seed)
    shape = replace(_plain(random), requests=25, devices=3_000.0)
    making = Making(random, shape)
    return making.made(
        "several",
        [
            Effect(way, _enough(making, random, (attribute,), least=share * 0.8), share)
            for way, attribute, share in (
                (N61, Attribute.COMMS_HUB_FIRMWARE_VERSION, 0.6),
                (MISMATCH, Attribute.MODEL, 0.4),
                (DISCARDED, Attribute.FROM_VERSION, 0.3),
                (HASH, Attribute.IMAGE_HASH, 0.06),
            )
        ],
    )


def overlapping(seed: int) -> World:
    """Return a world in which updates fail for one reason because of two things, in part both."""
    random = _random("overlapping", seed)
    making = Making(random, _plain(random))
    attributes = (Attribute.COMMS_HUB_FIRMWARE_VERSION, Attribute.FROM_VERSION)
    return making.made(
        "overlapping",
        [
            Effect(N61, _enough(making, random, (attribute,), least=share * 0.8), share)
            for attribute, share in zip(attributes, (0.7, 0.35), strict=True)
        ],
    )


def outage(
    attribute: Attribute, requests: int, of: int, days: float, kind: str, seed: int
) -> World:
    """Return a world in which hubs with one trait take no images since some days.

    So many requests are under way; the others were done before.
    """
    random = _random(kind, seed)
    making = Making(random, replace(_plain(random), requests=of, devices=2_000.0, dead=0.01))
    young = np.sort(random.uniform(days * 0.3, days + 0.5, requests))[::-1]
    making.ages = np.concatenate([np.sort(random.uniform(8, 30, of - requests))[::-1], young])
    which = np.isin(making.request, np.arange(of - requests, of))
    place = int(random.choice(np.flatnonzero(which & (making.values[attribute] > 0))))
    trait = (attribute, int(making.values[attribute][place]))
    return making.made(kind, silences=[Silence(Stage.SENT_TO_CSP, (trait,), days)])


OUTAGES: Mapping[str, Callable[[str, int], World]] = {
    "an outage in one request": lambda kind, seed: outage(
        Attribute.CSP_REGION, 1, 20, 2.5, kind, seed
    ),
    "an outage in ten requests": lambda kind, seed: outage(
        Attribute.CSP_REGION, 10, 30, 3.0, kind, seed
    ),
    "an outage of hubs": lambda kind, seed: outage(
        Attribute.COMMS_HUB_FIRMWARE_VERSION, 5, 20, 3.0, kind, seed
    ),
    "an outage on the first days": lambda kind, seed: outage(
        Attribute.CSP_REGION, 2, 2, 3.0, kind, seed
    ),
}


# ---- as large as can be ----

_PROFILES = 200
_OUTCOMES: Sequence[tuple[Standing, Stage, int, float]] = (
    (Standing.SUCCESSFUL, Stage.VERIFIED_BY_DEVICE, 0, 0.9),
    (Standing.WAITING, Stage.SENT_TO_CSP, 0, 0.02),
    (Standing.STALLED, Stage.SENT_TO_CSP, 0, 0.003),
    (Standing.STALLED, Stage.DELIVERED_TO_COMMS_HUB, 0, 0.002),
    (Standing.FAILED, Stage.VALIDATED, 1, 0.004),
    (Standing.FAILED, Stage.DELIVERED_TO_COMMS_HUB, 2, 0.02),
    (Standing.FAILED, Stage.TRANSFERRED_TO_DEVICE, 3, 0.005),
    (Standing.FAILED, Stage.TRANSFERRED_TO_DEVICE, 4, 0.003),
    (Standing.FAILED, Stage.VERIFIED_BY_DEVICE, 5, 0.003),
)


def large(requests: int, devices: int, seed: int = 1) -> World:
    """Return a world drawn cell by cell, so many devices a request, with three causes in it."""
    random = _random("large", seed)
    units = requests * _PROFILES
    request = np.repeat(np.arange(requests), _PROFILES)
    lead = random.integers(1, 201, requests)
    region = random.integers(1, 4, units)
    hub_model = 5 * (region - 1) + random.integers(1, 6, units)
    model = np.minimum(lead[request] + random.integers(0, 2, units), 200)
    codes: dict[Attribute, Array] = {
        Attribute.DEVICE_TYPE: 1 + model % 3,
        Attribute.MANUFACTURER: 1 + model // 10,
        Attribute.MODEL: model,
        Attribute.CSP_REGION: region,
        Attribute.FROM_VERSION: 4 * model + random.integers(0, 4, units),
        Attribute.COMMS_HUB_MANUFACTURER: region,
        Attribute.COMMS_HUB_MODEL: hub_model,
        Attribute.COMMS_HUB_FIRMWARE_VERSION: 4 * hub_model + random.integers(0, 4, units),
        Attribute.FIRMWARE_VERSION: 1 + request,
        Attribute.IMAGE_HASH: 1 + request,
        Attribute.SERVICE_REQUEST_ID: 1 + request,
    }
    shares = np.tile([share for *_, share in _OUTCOMES], (units, 1))
    of_hub = codes[Attribute.COMMS_HUB_FIRMWARE_VERSION] == 20
    of_model = (model == lead[requests // 2]) & (region == 1)
    of_version = codes[Attribute.FROM_VERSION] == 4 * lead[requests // 3]
    for which, outcome, share in ((of_hub, 5, 0.3), (of_model, 7, 0.4), (of_version, 6, 0.3)):
        shares[which, outcome] = share
    shares /= shares.sum(axis=1, keepdims=True)
    drawn = random.multinomial(devices // _PROFILES, shares)
    unit, drawn_outcome = np.nonzero(drawn)
    ages = np.linspace(30, 1, requests)
    day = int(NOW.timestamp()) // DAY_SECONDS - ages.astype(int)[request[unit]]
    standing, stage, reason = (
        np.array([each[place] for each in _OUTCOMES])[drawn_outcome] for place in range(3)
    )
    keys = (
        (N61, ((Attribute.COMMS_HUB_FIRMWARE_VERSION, 20),)),
        (MISMATCH, ((Attribute.MODEL, int(lead[requests // 2])), (Attribute.CSP_REGION, 1))),
        (DISCARDED, ((Attribute.FROM_VERSION, 4 * int(lead[requests // 3])),)),
    )
    return World(
        "large",
        Cells(
            request_ids=[RequestId(USER, DCC, number + 1) for number in range(requests)],
            submitted_at=[NOW - timedelta(days=float(age)) for age in ages],
            reasons=[None, *(way.reason for way in WAYS)],
            values={
                a: ["", *(value_of(a, code) for code in range(1, int(codes[a].max()) + 1))]
                for a in Attribute
            },
            request=request[unit],
            standing=standing,
            stage=stage,
            reason=reason,
            day=day,
            count=drawn[unit, drawn_outcome],
            first=day * DAY_SECONDS,
            last=day * DAY_SECONDS + 3_600,
            codes={a: codes[a][unit] for a in Attribute},
        ),
        tuple(
            CauseKey.of(way.status, way.reason, [Trait(a, value_of(a, code)) for a, code in traits])
            for way, traits in keys
        ),
    )
