"""The suppliers' desks of the demonstration: which devices each request names, and when.

Each supplier rolls a release out to its devices of a model: to few first, then in larger waves, and
once more to those that failed. Then comes the manufacturer's next release, whose version is higher.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

from firmtrack.demonstration.estate import FLEETS, MODEL_OF
from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import CompletionStatus
from firmtrack.simulator import outcomes as o
from firmtrack.simulator.chance import stream
from firmtrack.simulator.image import ImagePlan, manufacturer_image_hash
from firmtrack.simulator.models import Model
from firmtrack.simulator.outcomes import AnswerKind, DeviceRefusal
from firmtrack.simulator.truth import TrueDistribution
from firmtrack.simulator.updates import DccAnswer, Named, SentUpdate, variant_for
from firmtrack.simulator.world import COMMISSIONED, DCC, Device, World

_WAVES = (0.03, 0.07, 0.12, 0.16, 0.20, 0.21, 0.21)
"""Which share of its devices a supplier names in the first request of a release, and the next."""

_FEWEST_IN_A_WAVE = 3
_RETRIED_AFTER = timedelta(days=3)
_FEWEST_RETRIED = 3
_RELEASE_STEP = 0x0100
_IMAGE_BYTES = (24_000, 60_000)
_REFUSED_IN_PART_SHARE = 0.15
_REFUSED_WHOLE_SHARE = 0.01
_BEFORE_ANY = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, eq=False)
class Fleet:
    """A supplier's devices of one model, and how far the release is that it rolls out to them.

    ``waiting`` are those that no request of this release has named yet, ``sent`` the release's
    requests, ``retried`` the devices that were named in a second one.
    """

    supplier: Eui64
    model: Model
    devices: list[Device]
    release: int = 0
    wave: int = 0
    waiting: list[Device] = field(default_factory=list)
    sent: list[SentUpdate] = field(default_factory=list)
    retried: set[Eui64] = field(default_factory=set)
    asked_at: datetime | None = None


class Desks:
    """Writes one request after another, for the fleet that has waited for longest.

    What becomes of one must be known before the next is asked for.
    """

    def __init__(self, seed: int, world: World, counters: Iterator[int]) -> None:
        self._seed = seed
        self._world = world
        self._counters = counters
        self.fleets = [
            Fleet(supplier, MODEL_OF[name], world.untouched(MODEL_OF[name], supplier, size))
            for (supplier, name), size in FLEETS.items()
        ]

    def devices(self) -> Iterator[Device]:
        """Yield every device that a supplier has."""
        for fleet in self.fleets:
            yield from fleet.devices

    def write(self, place: int, at: datetime) -> SentUpdate | None:
        """Return the request of that place in the order of time, None if there is nobody to ask."""
        chance = stream(self._seed, "desk", place)
        for fleet in sorted(self.fleets, key=_has_waited_since):
            devices = self._wanted(fleet, at)
            if devices:
                fleet.asked_at = at
                update = self._request(fleet, devices, at, chance)
                fleet.sent.append(update)
                return update
        return None

    def take_over(self, device: Device, supplier: Eui64) -> None:
        """Let the device belong to another supplier's fleet, if that has any of its model."""
        for fleet in self.fleets:
            if device in fleet.devices:
                fleet.devices.remove(device)
                fleet.waiting = [one for one in fleet.waiting if one is not device]
            elif fleet.supplier == supplier and fleet.model is device.model:
                fleet.devices.append(device)

    def _wanted(self, fleet: Fleet, at: datetime) -> list[Device]:
        """Return whom the supplier wants to send the release to next; it may be a new release."""
        failed = _to_be_retried(fleet, at)
        if len(failed) >= _FEWEST_RETRIED:
            fleet.retried.update(device.device_id for device in failed)
            return failed
        if fleet.wave in {0, len(_WAVES)}:
            fleet.release += 1
            fleet.wave = 0
            fleet.waiting = list(fleet.devices)
            fleet.sent, fleet.retried = [], set()
        size = max(_FEWEST_IN_A_WAVE, round(_WAVES[fleet.wave] * len(fleet.devices)))
        fleet.wave += 1
        version = self._version(fleet)
        ready = [one for one in fleet.waiting if _is_ready(one, fleet, version, at)]
        chosen = ready if fleet.wave == len(_WAVES) else ready[:size]
        taken = {device.device_id for device in chosen}
        fleet.waiting = [one for one in fleet.waiting if one.device_id not in taken]
        return chosen

    def _request(
        self, fleet: Fleet, devices: Sequence[Device], at: datetime, chance: Random
    ) -> SentUpdate:
        image = self._image(fleet)
        refused = self._refused(fleet, devices, at, chance)
        kind = AnswerKind.ACCEPTED_IN_PART if refused else AnswerKind.ACCEPTED
        if not refused and chance.random() < _REFUSED_WHOLE_SHARE:
            kind = AnswerKind.REFUSED
            fleet.waiting = [*devices, *fleet.waiting]
        update = SentUpdate(
            request_id=RequestId(fleet.supplier, DCC, next(self._counters)),
            model=fleet.model,
            firmware_version=image.firmware_version,
            image=image,
            image_hash=manufacturer_image_hash(image),
            submitted_at=at,
            answer=_answer(kind, fleet.model, at, chance),
        )
        named = [(device.device_id, device, None) for device in devices] + refused
        chance.shuffle(named)
        for device_id, device, refusal in named:
            if device is not None:
                device.image_hashes.add(update.image_hash)
                device.awaits_new_image = False
            distribution = TrueDistribution(device_id, is_tracked=True)
            update.named.append(Named(device_id, device, refusal, distribution))
        return update

    def _version(self, fleet: Fleet) -> int:
        return int(fleet.model.firmware_version, 16) + fleet.release * _RELEASE_STEP

    def _image(self, fleet: Fleet) -> ImagePlan:
        """Return the manufacturer's image of the release, the same for whoever sends it."""
        model = fleet.model
        size = stream(self._seed, "image size", model.name, fleet.release).randint(*_IMAGE_BYTES)
        return ImagePlan(
            seed=self._seed,
            firmware_version=FirmwareVersion(f"{self._version(fleet):08X}"),
            manufacturer_code=model.manufacturer_code,
            image_type=model.image_type,
            header_string=f"{model.kind} {model.name}",
            minimum_hardware_version=model.hardware_versions[0],
            maximum_hardware_version=model.hardware_versions[1],
            size_bytes=size,
            has_trailer=model.images_have_trailer,
        )

    def _refused(
        self, fleet: Fleet, devices: Sequence[Device], at: datetime, chance: Random
    ) -> list[tuple[Eui64, Device | None, DeviceRefusal | None]]:
        """Return whom DCC will leave out besides: a mistyped device, and one that is busy."""
        if chance.random() >= _REFUSED_IN_PART_SHARE or len(devices) < _FEWEST_IN_A_WAVE:
            return []
        refused: list[tuple[Eui64, Device | None, DeviceRefusal | None]] = [
            (self._world.unknown_device_id(), None, DeviceRefusal.INVALID_DEVICE_ID)
        ]
        image_hash = manufacturer_image_hash(self._image(fleet))
        busy = [
            one
            for one in fleet.devices
            if one.is_busy_at(at)
            and one.supplier.last == fleet.supplier
            and image_hash not in one.image_hashes
        ]
        if busy:
            one = chance.choice(busy)
            reason = DeviceRefusal.OTHER_REQUEST_IN_PROGRESS
            refused.append((one.device_id, one, reason))
        return refused


def _has_waited_since(fleet: Fleet) -> tuple[bool, datetime]:
    never = fleet.asked_at is None
    return not never, fleet.asked_at or _BEFORE_ANY


def _to_be_retried(fleet: Fleet, at: datetime) -> list[Device]:
    """Return the devices of which the release's updates failed days ago, each once a release."""
    return [
        named.device
        for update in fleet.sent
        if update.submitted_at <= at - _RETRIED_AFTER and not update.is_refused
        for named in update.named
        if named.device is not None
        and named.refusal is None
        and named.device_id not in fleet.retried
        and named.distribution.completion_status is CompletionStatus.FAILED
        and _is_free(named.device, fleet, at)
    ]


def _is_ready(device: Device, fleet: Fleet, version: int, at: datetime) -> bool:
    """Return whether the release would bring the device further, and nothing else is under way."""
    return _is_free(device, fleet, at) and int(device.running.last, 16) < version


def _is_free(device: Device, fleet: Fleet, at: datetime) -> bool:
    return (
        not device.is_busy_at(at)
        and device.supplier.last == fleet.supplier
        and device.status.last == COMMISSIONED
    )


def _answer(kind: AnswerKind, model: Model, at: datetime, chance: Random) -> DccAnswer:
    answered_at = at + timedelta(seconds=chance.randint(*o.ANSWER_SECONDS))
    variant = variant_for(model.kind)
    codes = {
        AnswerKind.REFUSED: o.REFUSED_CODES[variant],
        AnswerKind.ACCEPTED_IN_PART: (o.PARTLY_ACCEPTED_CODE[variant],),
    }.get(kind, o.ACCEPTED_CODES)
    return DccAnswer(kind, chance.choice(codes), answered_at)
