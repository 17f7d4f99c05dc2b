"""One request to update firmware: who asks for which image on which devices, and the answer."""

from dataclasses import dataclass, field
from datetime import datetime

from firmtrack.domain.identifiers import Eui64, FirmwareVersion, RequestId
from firmtrack.domain.stages import Variant
from firmtrack.simulator.image import ImagePlan
from firmtrack.simulator.models import DeviceKind, Model
from firmtrack.simulator.outcomes import AnswerKind, DeviceRefusal
from firmtrack.simulator.truth import TrueDistribution
from firmtrack.simulator.world import Device


@dataclass(frozen=True, slots=True)
class DccAnswer:
    """DCC's answer to a request; a lost one was given, and never arrived."""

    kind: AnswerKind
    code: str
    at: datetime


@dataclass(slots=True, eq=False)
class Named:
    """A device that a request names; ``device`` is None if there is no such device."""

    device_id: Eui64
    device: Device | None
    refusal: DeviceRefusal | None
    distribution: TrueDistribution


@dataclass(slots=True, eq=False)
class SentUpdate:
    """One Update Firmware (11.1) or Update PPMID Firmware (11.4) request and its answer.

    ``is_answered`` and ``known_since`` are what the traffic shows: whether the answer arrived,
    and the time of that, or else of the first message that names the request.
    ``firmware_version`` is what the request states; its image's own header may state another.
    """

    request_id: RequestId
    model: Model
    firmware_version: FirmwareVersion
    image: ImagePlan
    image_hash: bytes
    submitted_at: datetime
    answer: DccAnswer
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
            for reason in DeviceRefusal
        }
        return {reason.value: devices for reason, devices in lists.items() if devices}


def variant_for(kind: DeviceKind) -> Variant:
    """Return which request updates devices of this kind."""
    return Variant.UPDATE_PPMID_FIRMWARE if kind is DeviceKind.PPMID else Variant.UPDATE_FIRMWARE
