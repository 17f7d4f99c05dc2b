"""The suppliers' desks: which devices they name in each request, and which DCC leaves out."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import CompletionStatus, Variant
from firmtrack.simulator import outcomes as o
from firmtrack.simulator.chance import Deck, dealt, stream
from firmtrack.simulator.image import ImagePlan, manufacturer_image_hash
from firmtrack.simulator.models import DeviceKind, Model, models_of
from firmtrack.simulator.outcomes import AnswerKind, DeviceRefusal, Purpose
from firmtrack.simulator.scenario import Scenario
from firmtrack.simulator.slots import Slot, slots_of
from firmtrack.simulator.truth import TrueDistribution
from firmtrack.simulator.updates import DccAnswer, Named, SentUpdate, variant_for
from firmtrack.simulator.world import DCC, Device, World


@dataclass(frozen=True, slots=True)
class _Wish:
    """The image that a supplier wants to send, and the devices it has in mind for it."""

    model: Model
    firmware_version: FirmwareVersion
    image: ImagePlan
    image_hash: bytes
    devices: list[Device]


_NEVER_RETRIED = frozenset({DeviceRefusal.INVALID_DEVICE_ID, DeviceRefusal.NOT_APPLICABLE_FIRMWARE})


class Suppliers:
    """The suppliers' desks: they write one request after another, looking back at earlier ones.

    ``counters`` are those of Request IDs.
    """

    def __init__(self, scenario: Scenario, world: World, counters: Iterator[int]) -> None:
        self._scenario = scenario
        self._world = world
        self._counters = counters
        self._chance = stream(scenario.seed, "suppliers")
        self._sent: list[SentUpdate] = []
        self._images_made = 0
        self._is_misnamed = Deck(o.MISNAMED_SHARES, o.IMAGES_IN_A_DECK, self._chance)

    def updates(self) -> Iterator[SentUpdate]:
        """Yield the scenario's requests in the order of their submission.

        What becomes of one must be known (its devices' ``busy_until`` and distributions) before
        the next is asked for.
        """
        for slot in slots_of(self._scenario):
            update = self._write(slot)
            self._sent.append(update)
            yield update

    def _write(self, slot: Slot) -> SentUpdate:
        wish = self._follow_up(slot) or self._new_image(slot)
        kind = slot.answer_kind
        refused: list[tuple[Eui64, Device | None, DeviceRefusal]] = []
        if kind is AnswerKind.ACCEPTED_IN_PART:
            refused = list(self._refused(slot, wish))
        if kind is AnswerKind.ACCEPTED_IN_PART and not refused:
            kind = AnswerKind.ACCEPTED
        update = SentUpdate(
            request_id=RequestId(slot.supplier, DCC, next(self._counters)),
            model=wish.model,
            firmware_version=wish.firmware_version,
            image=wish.image,
            image_hash=wish.image_hash,
            submitted_at=slot.submitted_at,
            answer=self._answer(kind, variant_for(wish.model.kind), slot.submitted_at),
        )
        accepted = wish.devices[: len(wish.devices) - len(refused)]
        named = [(device.device_id, device, None) for device in accepted] + refused
        self._chance.shuffle(named)
        for device_id, device, refusal in named:
            if device is not None:
                device.image_hashes.add(wish.image_hash)
            is_tracked = device is None or device.not_tracked_reason is None
            update.named.append(
                Named(device_id, device, refusal, TrueDistribution(device_id, is_tracked))
            )
        return update

    def _answer(self, kind: AnswerKind, variant: Variant, submitted_at: datetime) -> DccAnswer:
        at = submitted_at + timedelta(seconds=self._chance.randint(*o.ANSWER_SECONDS))
        if kind is AnswerKind.REFUSED:
            return DccAnswer(kind, self._chance.choice(o.REFUSED_CODES[variant]), at)
        if kind is AnswerKind.ACCEPTED_IN_PART:
            return DccAnswer(kind, o.PARTLY_ACCEPTED_CODE[variant], at)
        return DccAnswer(kind, self._chance.choice(o.ACCEPTED_CODES), at)

    def _new_image(self, slot: Slot) -> _Wish:
        # First for models of which a device was taken over: those wait for an image.
        at = slot.submitted_at
        waiting = [one for one in models_of(slot.kind) if self._world.came(one, slot.supplier, at)]
        model = self._chance.choice(waiting or models_of(slot.kind))
        devices = self._world.fresh(model, slot.supplier, slot.size, at)
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
        stated = image.firmware_version
        if model.kind is not DeviceKind.PPMID and self._is_misnamed.draw():
            stated = FirmwareVersion(f"{major | 0x020000 + self._images_made:08X}")
        return _Wish(model, stated, image, manufacturer_image_hash(image), devices)

    def _follow_up(self, slot: Slot) -> _Wish | None:
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

    def _after(self, earlier: SentUpdate, slot: Slot) -> _Wish:
        """Return what comes after ``earlier``; devices not asked for before fill the batch up."""
        devices: list[Device] = []
        if slot.purpose is not Purpose.NEXT_BATCH:
            failed = slot.purpose is Purpose.RETRY
            devices = self._settled(earlier, slot, failed=failed)
            if not devices:
                return _wish_again(earlier, [])
        missing = slot.size - len(devices)
        at = slot.submitted_at
        devices += self._world.fresh(earlier.model, slot.supplier, missing, at)
        if slot.purpose is Purpose.NEWER_IMAGE:
            return self._wish(earlier.model, devices)
        return _wish_again(earlier, devices)

    def _settled(self, earlier: SentUpdate, slot: Slot, *, failed: bool) -> list[Device]:
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
            and one.device.supplier.last == slot.supplier
            and failed is (one.distribution.completion_status is not CompletionStatus.SUCCESSFUL)
        ][: slot.size]

    def _refused(
        self, slot: Slot, wish: _Wish
    ) -> Iterable[tuple[Eui64, Device | None, DeviceRefusal]]:
        """Yield the devices that DCC will leave out, with the reason: one at least for each.

        A device is busy with another image, never with this one: see ``_settled``.
        """
        count = min(
            max(len(DeviceRefusal), round(len(wish.devices) * o.REFUSED_SHARE_OF_DEVICES)),
            len(wish.devices) // 2,
        )
        reasons = list(DeviceRefusal)[:count]
        reasons += dealt(o.REFUSAL_SHARES, count - len(reasons), self._chance)
        busy = self._busy(slot, wish, reasons.count(DeviceRefusal.OTHER_REQUEST_IN_PROGRESS))
        for reason in reasons:
            if reason is DeviceRefusal.INVALID_DEVICE_ID:
                yield self._invalid(slot, wish)
                continue
            if reason is DeviceRefusal.OTHER_REQUEST_IN_PROGRESS:
                device = next(busy, None)
            else:
                model = wish.model
                if reason is DeviceRefusal.NOT_APPLICABLE_FIRMWARE:
                    model = next(m for m in models_of(model.kind) if m is not model)
                (device,) = self._world.untouched(model, slot.supplier, 1)
            if device is not None:
                yield device.device_id, device, reason

    def _busy(self, slot: Slot, wish: _Wish, count: int) -> Iterator[Device]:
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
                    and one.device.supplier.last == slot.supplier
                    and wish.image_hash not in one.device.image_hashes
                    and id(one.device) not in wanted
                ):
                    wanted.add(id(one.device))
                    count -= 1
                    yield one.device

    def _invalid(self, slot: Slot, wish: _Wish) -> tuple[Eui64, Device | None, DeviceRefusal]:
        device: Device | None = None
        (who,) = dealt(o.INVALID_SHARES, 1, self._chance)
        if who == o.INVALID_OUT_OF_SCOPE:
            device = self._world.out_of_scope(slot.supplier)
        elif who == o.INVALID_OTHER_KIND:
            other = DeviceKind.PPMID if wish.model.kind is DeviceKind.ESME else DeviceKind.ESME
            model = self._chance.choice(models_of(other))
            (device,) = self._world.untouched(model, slot.supplier, 1)
        device_id = self._world.unknown_device_id() if device is None else device.device_id
        return device_id, device, DeviceRefusal.INVALID_DEVICE_ID


def _wish_again(earlier: SentUpdate, devices: list[Device]) -> _Wish:
    """Return the wish for the image of an earlier request."""
    return _Wish(
        earlier.model, earlier.firmware_version, earlier.image, earlier.image_hash, devices
    )
