"""The requests that suppliers send: for which devices, with which image, and how DCC answers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import CompletionStatus, Variant
from firmtrack.simulator import outcomes as o
from firmtrack.simulator.chance import dealt, stream
from firmtrack.simulator.image import ImagePlan, manufacturer_image_hash
from firmtrack.simulator.outcomes import AnswerKind, Purpose, Refusal
from firmtrack.simulator.scenario import MAXIMUM_DEVICES, Scenario
from firmtrack.simulator.truth import Distribution
from firmtrack.simulator.world import DCC, Device, DeviceKind, Model, World, models_of


@dataclass(frozen=True, slots=True)
class Answer:
    """DCC's answer to a request; a lost one was given, and never arrived."""

    kind: AnswerKind
    code: str
    at: datetime


@dataclass(slots=True, eq=False)
class Named:
    """A device that a request names; ``device`` is None if there is no such device."""

    device_id: Eui64
    device: Device | None
    refusal: Refusal | None
    distribution: Distribution


@dataclass(slots=True, eq=False)
class Update:
    """One Update Firmware (11.1) or Update PPMID Firmware (11.4) request and its answer.

    ``is_answered`` and ``known_since`` are what the traffic shows: whether the answer arrived,
    and the time of that, or else of the first message that names the request.
    """

    request_id: RequestId
    model: Model
    image: ImagePlan
    image_hash: bytes
    submitted_at: datetime
    answer: Answer
    named: list[Named] = field(default_factory=list)
    is_answered: bool = False
    known_since: datetime | None = None

    @property
    def supplier(self) -> Eui64:
        """Who sent the request."""
        return self.request_id.originator

    @property
    def variant(self) -> Variant:
        """Which of the two requests it is."""
        return variant_for(self.model.kind)

    @property
    def firmware_version(self) -> FirmwareVersion:
        """The version of its image."""
        return self.image.firmware_version

    @property
    def is_refused(self) -> bool:
        """Whether DCC refused the request as a whole."""
        return self.answer.kind is AnswerKind.REFUSED

    def accepted(self) -> list[Named]:
        """Return the devices that DCC did not leave out; none if it refused the request."""
        return [] if self.is_refused else [one for one in self.named if one.refusal is None]

    def left_out(self) -> dict[str, tuple[Eui64, ...]]:
        """Return the devices that DCC left out, by reason, in the schema's order."""
        lists = {
            reason: tuple(one.device_id for one in self.named if one.refusal is reason)
            for reason in Refusal
        }
        return {reason.value: devices for reason, devices in lists.items() if devices}


@dataclass(frozen=True, slots=True)
class _Slot:
    """What is settled about a request before the world has come to it."""

    number: int
    submitted_at: datetime
    purpose: Purpose
    kind: DeviceKind
    supplier: Eui64
    answer_kind: AnswerKind
    size: int


@dataclass(frozen=True, slots=True)
class _Wish:
    """The image that a supplier wants to send, and the devices it has in mind for it."""

    model: Model
    image: ImagePlan
    image_hash: bytes
    devices: list[Device]


# The first requests come to an end in any scenario, so that each kind of failure is seen.
_OPENING = (
    (DeviceKind.ESME, AnswerKind.ACCEPTED_IN_PART),
    (DeviceKind.PPMID, AnswerKind.ACCEPTED_IN_PART),
    (DeviceKind.GSME, AnswerKind.ACCEPTED),
    (DeviceKind.HCALCS, AnswerKind.ACCEPTED),
    (DeviceKind.ESME, AnswerKind.REFUSED),
)
# The last requests are still under way when the simulated time ends, the very last unanswered.
_CLOSING_HOURS_BEFORE_END = (50, 12, 1, 0)
_FEWEST_WITH_CLOSING = len(_OPENING) + len(_CLOSING_HOURS_BEFORE_END)
_LAST_SHARE_OF_TIME = 0.94

_NEVER_RETRIED = frozenset({Refusal.INVALID_DEVICE_ID, Refusal.NOT_APPLICABLE_FIRMWARE})


class Suppliers:
    """The suppliers' desks: they write one request after another, looking back at earlier ones.

    ``next_number`` gives the counters of Request IDs.
    """

    def __init__(self, scenario: Scenario, world: World, counters: Iterator[int]) -> None:
        self._scenario = scenario
        self._world = world
        self._counters = counters
        self._chance = stream(scenario.seed, "suppliers")
        self._sent: list[Update] = []
        self._images_made = 0

    def updates(self) -> Iterator[Update]:
        """Yield the scenario's requests in the order of their submission.

        What becomes of one must be known (its devices' ``busy_until`` and distributions) before
        the next is asked for.
        """
        for slot in _slots(self._scenario):
            update = self._write(slot)
            self._sent.append(update)
            yield update

    def _write(self, slot: _Slot) -> Update:
        wish = self._follow_up(slot) or self._new_image(slot)
        kind = slot.answer_kind
        refused: list[tuple[Eui64, Device | None, Refusal]] = []
        if kind is AnswerKind.ACCEPTED_IN_PART:
            refused = list(self._refused(slot, wish))
        if kind is AnswerKind.ACCEPTED_IN_PART and not refused:
            kind = AnswerKind.ACCEPTED
        update = Update(
            request_id=RequestId(slot.supplier, DCC, next(self._counters)),
            model=wish.model,
            image=wish.image,
            image_hash=wish.image_hash,
            submitted_at=slot.submitted_at,
            answer=self._answer(kind, variant_for(wish.model.kind), slot.submitted_at),
        )
        accepted = wish.devices[: len(wish.devices) - len(refused)] or wish.devices[:1]
        named = [(device.device_id, device, None) for device in accepted] + refused
        self._chance.shuffle(named)
        for device_id, device, refusal in named[:MAXIMUM_DEVICES]:
            if device is not None:
                device.image_hashes.add(wish.image_hash)
            is_tracked = device is None or device.not_tracked_reason is None
            update.named.append(
                Named(device_id, device, refusal, Distribution(device_id, is_tracked))
            )
        return update

    def _answer(self, kind: AnswerKind, variant: Variant, submitted_at: datetime) -> Answer:
        at = submitted_at + timedelta(seconds=self._chance.randint(*o.ANSWER_SECONDS))
        if kind is AnswerKind.REFUSED:
            return Answer(kind, self._chance.choice(o.REFUSED_CODES[variant]), at)
        if kind is AnswerKind.ACCEPTED_IN_PART:
            return Answer(kind, o.PARTLY_ACCEPTED_CODE[variant], at)
        return Answer(kind, self._chance.choice(o.ACCEPTED_CODES), at)

    def _new_image(self, slot: _Slot) -> _Wish:
        model = self._chance.choice(models_of(slot.kind))
        devices = self._world.untouched(model, slot.supplier, slot.size)
        return self._wish(model, devices)

    def _wish(self, model: Model, devices: list[Device]) -> _Wish:
        self._images_made += 1
        major = int(model.firmware_version, 16) & 0xFF000000
        size = self._scenario.image_bytes or self._chance.randint(20_000, 200_000)
        image = ImagePlan(
            seed=self._scenario.seed,
            firmware_version=FirmwareVersion(f"{major | 0x010000 + self._images_made:08X}"),
            manufacturer_code=model.manufacturer_code,
            image_type=model.image_type,
            header_string=f"{model.kind} {model.name}",
            minimum_hardware_version=model.hardware_versions[0],
            maximum_hardware_version=model.hardware_versions[1],
            size_bytes=size,
            has_trailer=model.images_have_trailer,
        )
        return _Wish(model, image, manufacturer_image_hash(image), devices)

    def _follow_up(self, slot: _Slot) -> _Wish | None:
        """Return what the supplier wants after one of its earlier requests, if there is any."""
        if slot.purpose is Purpose.NEW_IMAGE:
            return None
        own = [update for update in reversed(self._sent) if update.supplier == slot.supplier]
        if slot.purpose is not Purpose.NEWER_IMAGE:
            self._chance.shuffle(own)
        for earlier in own:
            wish = self._after(earlier, slot)
            if wish.devices:
                return wish
        return None

    def _after(self, earlier: Update, slot: _Slot) -> _Wish:
        """Return what comes after ``earlier``; devices not asked for before fill the batch up."""
        devices: list[Device] = []
        if slot.purpose is not Purpose.NEXT_BATCH:
            failed = slot.purpose is Purpose.RETRY
            devices = self._settled(earlier, slot, failed=failed)
            if not devices:
                return _Wish(earlier.model, earlier.image, earlier.image_hash, [])
        missing = slot.size - len(devices)
        devices += self._world.untouched(earlier.model, slot.supplier, missing)
        if slot.purpose is Purpose.NEWER_IMAGE:
            return self._wish(earlier.model, devices)
        return _Wish(earlier.model, earlier.image, earlier.image_hash, devices)

    def _settled(self, earlier: Update, slot: _Slot, *, failed: bool) -> list[Device]:
        """Return devices of an earlier request of which nothing more will be heard.

        Those that did not succeed, or those that did: only they can be asked for the same image
        again, for otherwise what is still to come could belong to either request.
        """
        return [
            one.device
            for one in earlier.named
            if one.device is not None
            and one.refusal not in _NEVER_RETRIED
            and not one.device.is_busy_at(slot.submitted_at)
            and failed is (one.distribution.completion_status is not CompletionStatus.SUCCESSFUL)
        ][: slot.size]

    def _refused(self, slot: _Slot, wish: _Wish) -> Iterable[tuple[Eui64, Device | None, Refusal]]:
        """Yield the devices that DCC will leave out, with the reason: one at least for each.

        A device is busy with another image, never with this one: see ``_settled``.
        """
        count = min(
            max(len(Refusal), round(len(wish.devices) * o.REFUSED_SHARE_OF_DEVICES)),
            len(wish.devices) // 2,
        )
        reasons = list(Refusal)[:count]
        reasons += dealt(o.REFUSAL_SHARES, count - len(reasons), self._chance)
        busy = self._busy(slot, wish, reasons.count(Refusal.OTHER_REQUEST_IN_PROGRESS))
        for reason in reasons:
            if reason is Refusal.INVALID_DEVICE_ID:
                yield self._invalid(slot, wish)
                continue
            if reason is Refusal.OTHER_REQUEST_IN_PROGRESS:
                device = next(busy, None)
            else:
                model = wish.model
                if reason is Refusal.NOT_APPLICABLE_FIRMWARE:
                    model = next(m for m in models_of(model.kind) if m is not model)
                (device,) = self._world.untouched(model, slot.supplier, 1)
            if device is not None:
                yield device.device_id, device, reason

    def _busy(self, slot: _Slot, wish: _Wish, count: int) -> Iterator[Device]:
        """Yield up to ``count`` devices that an earlier request keeps busy with another image."""
        wanted = {id(device) for device in wish.devices}
        for earlier in reversed(self._sent):
            if earlier.model is not wish.model or earlier.supplier != slot.supplier:
                continue
            for one in earlier.named:
                if count == 0:
                    return
                if (
                    one.device is not None
                    and one.refusal is None
                    and one.device.is_busy_at(slot.submitted_at)
                    and wish.image_hash not in one.device.image_hashes
                    and id(one.device) not in wanted
                ):
                    wanted.add(id(one.device))
                    count -= 1
                    yield one.device

    def _invalid(self, slot: _Slot, wish: _Wish) -> tuple[Eui64, Device | None, Refusal]:
        device: Device | None = None
        (who,) = dealt(o.INVALID_SHARES, 1, self._chance)
        if who == o.INVALID_OUT_OF_SCOPE:
            device = self._world.out_of_scope(slot.supplier)
        elif who == o.INVALID_OTHER_KIND:
            other = DeviceKind.PPMID if wish.model.kind is DeviceKind.ESME else DeviceKind.ESME
            model = self._chance.choice(models_of(other))
            (device,) = self._world.untouched(model, slot.supplier, 1)
        device_id = self._world.unknown_device_id() if device is None else device.device_id
        return device_id, device, Refusal.INVALID_DEVICE_ID


def variant_for(kind: DeviceKind) -> Variant:
    """Return which request updates devices of this kind."""
    return Variant.UPDATE_PPMID_FIRMWARE if kind is DeviceKind.PPMID else Variant.UPDATE_FIRMWARE


def _slots(scenario: Scenario) -> list[_Slot]:
    """Return the scenario's slots in the order of time: the opening ones, then what is dealt."""
    count, chance = scenario.requests, stream(scenario.seed, "slots")
    opening = _OPENING[:count]
    rest = count - len(opening)
    purposes = [Purpose.NEW_IMAGE] * len(opening) + dealt(o.PURPOSE_SHARES, rest, chance)
    kinds = [kind for kind, _ in opening] + dealt(o.KIND_SHARES, rest, chance)
    answers = [answer for _, answer in opening] + dealt(o.ANSWER_SHARES, rest, chance)
    are_single = [False] * len(opening) + dealt(o.SINGLE_DEVICE_SHARES, rest, chance)
    shares = {supplier: 1 / (n + 1) for n, supplier in enumerate(scenario.suppliers)}
    suppliers = dealt(shares, count, chance)
    for number, purpose in enumerate(purposes):
        if purpose is Purpose.NEWER_IMAGE:  # some of its devices are still busy with the older one
            answers[number] = AnswerKind.ACCEPTED_IN_PART
    return [
        _Slot(
            number=number,
            submitted_at=at,
            purpose=purposes[number],
            kind=kinds[number],
            supplier=suppliers[number],
            answer_kind=answers[number],
            size=1 if are_single[number] else _size(scenario, chance.uniform(0.5, 1.5)),
        )
        for number, at in enumerate(_submission_times(scenario))
    ]


def _size(scenario: Scenario, factor: float) -> int:
    if scenario.requests == 1:
        return scenario.devices
    return min(MAXIMUM_DEVICES, max(1, round(scenario.devices * factor)))


def _submission_times(scenario: Scenario) -> list[datetime]:
    """Return when each request is sent: spread over the time, the last ones close to its end."""
    count, chance = scenario.requests, stream(scenario.seed, "submission times")
    seconds = scenario.days * 86_400 * _LAST_SHARE_OF_TIME
    times = [
        scenario.first_second
        + timedelta(seconds=round(seconds * (number + 0.8 * chance.random()) / count))
        for number in range(count)
    ]
    if count >= _FEWEST_WITH_CLOSING:
        hours = [min(hours, scenario.days * 12) for hours in _CLOSING_HOURS_BEFORE_END]
        times[-len(hours) :] = [scenario.end - timedelta(hours=before) for before in hours]
    return sorted(times)
