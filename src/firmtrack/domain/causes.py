"""Causes: what updates that fail alike, or stand still at one step, have in common."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Self

from firmtrack.domain.stages import Stage, Status

MOST_TRAITS = 2
"""So many things that updates have in common name a cause: what takes more is but a list."""

_LONGEST_ID = 2_000


class Attribute(StrEnum):
    """What updates are told apart by, in the order in which a cause names it.

    ``firmware_version`` and ``image_hash`` are the request's; ``from_version`` is what the device
    ran when the update began; a hub's facts are those of the hub that the device is behind.
    """

    DEVICE_TYPE = "device_type"
    MANUFACTURER = "manufacturer"
    MODEL = "model"
    CSP_REGION = "csp_region"
    FIRMWARE_VERSION = "firmware_version"
    FROM_VERSION = "from_version"
    COMMS_HUB_MANUFACTURER = "comms_hub_manufacturer"
    COMMS_HUB_MODEL = "comms_hub_model"
    COMMS_HUB_FIRMWARE_VERSION = "comms_hub_firmware_version"
    IMAGE_HASH = "image_hash"
    SERVICE_REQUEST_ID = "service_request_id"


PROFILE_ATTRIBUTES = (
    Attribute.DEVICE_TYPE,
    Attribute.MANUFACTURER,
    Attribute.MODEL,
    Attribute.CSP_REGION,
    Attribute.FROM_VERSION,
    Attribute.COMMS_HUB_MANUFACTURER,
    Attribute.COMMS_HUB_MODEL,
    Attribute.COMMS_HUB_FIRMWARE_VERSION,
)
"""Those that differ within a request: a device's, and its hub's."""

REQUEST_ATTRIBUTES = tuple(each for each in Attribute if each not in PROFILE_ATTRIBUTES)
"""Those that all updates of a request have in common."""


class CauseKind(StrEnum):
    """Whether updates failed, or stand still."""

    FAILED = "failed"
    STALLED = "stalled"


class Trait(NamedTuple):
    """One thing that updates have in common; ``value`` is never empty."""

    attribute: Attribute
    value: str


class MalformedCauseId(ValueError):
    """A text that is no cause's ID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseKey:
    """What makes a cause this one: how updates stand, why, and what they have in common.

    ``status`` is the bad status of updates that failed, or the good one at which they stand still;
    these have no ``reason``. ``traits`` are one or two, in the order of Attribute: ``of`` sorts.
    """

    status: Status
    reason: str | None
    traits: tuple[Trait, ...]

    @classmethod
    def of(cls, status: Status, reason: str | None, traits: Iterable[Trait]) -> Self:
        """Return the key of these traits, which may come in any order."""
        order = list(Attribute)
        ordered = sorted(traits, key=lambda trait: order.index(trait.attribute))
        return cls(status=status, reason=reason, traits=tuple(ordered))

    @classmethod
    def of_id(cls, cause_id: str) -> Self:
        """Return the key that an ID stands for. Raises MalformedCauseId."""
        if len(cause_id) > _LONGEST_ID:
            raise MalformedCauseId(cause_id[:60])
        try:
            padded = cause_id + "=" * (-len(cause_id) % 4)
            status, reason, *rest = json.loads(urlsafe_b64decode(padded.encode("ascii")))
            pairs = zip(rest[::2], rest[1::2], strict=True)
            key = cls.of(Status(status), reason, [Trait(Attribute(a), v) for a, v in pairs])
            is_its_id = key._is_whole and key.cause_id == cause_id
        except (ValueError, TypeError, RecursionError):
            is_its_id = False
        if not is_its_id:
            raise MalformedCauseId(cause_id[:60])
        return key

    @classmethod
    def of_line(cls, text: str) -> Self | None:
        """Return the key of which this is the line of text; None if it was cut, or is none."""
        how, _, traits = text.partition(": ")
        status, _, reason = how.removeprefix("stalled at ").partition(" ")
        pairs = [trait.partition(" ") for trait in traits.split(" and ")]
        try:
            found = [Trait(Attribute(name), value) for name, _, value in pairs]
            key = cls.of(Status(status), reason or None, found)
        except ValueError:
            return None
        return key if key._is_whole and str(key) == text else None

    @property
    def _is_whole(self) -> bool:
        names = {trait.attribute for trait in self.traits}
        return (
            1 <= len(self.traits) <= MOST_TRAITS
            and len(names) == len(self.traits)
            and all(_is_text(trait.value) for trait in self.traits)
            and (self.reason is None or (self.status.is_bad and _is_text(self.reason)))
        )

    @property
    def cause_id(self) -> str:
        """The cause's ID, which says all this: so a link to a cause is good for ever."""
        parts = [self.status, self.reason, *(text for trait in self.traits for text in trait)]
        text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
        return urlsafe_b64encode(text.encode()).decode().rstrip("=")

    @property
    def kind(self) -> CauseKind:
        """Whether it is of failures, or of what stands still."""
        return CauseKind.FAILED if self.status.is_bad else CauseKind.STALLED

    @property
    def stage(self) -> Stage:
        """The stage at which updates failed, or the last that those which stand still reached."""
        return self.status.stage

    def __str__(self) -> str:
        """Return the key as a line of text, as the audit keeps it."""
        traits = " and ".join(f"{trait.attribute} {trait.value}" for trait in self.traits)
        how = self.status if self.status.is_bad else f"stalled at {self.status}"
        return f"{how}{'' if self.reason is None else f' {self.reason}'}: {traits}"


def _is_text(value: object) -> bool:
    """Return whether it can be what a message states: no message has a NUL."""
    return isinstance(value, str) and value != "" and "\0" not in value
