"""What updates have in common, in words: after ``updates of``, by its name, what it suggests."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from firmtrack.domain.causes import Attribute, Trait
from firmtrack.domain.remedy import Actor
from firmtrack.presentation.causes import value_text


@dataclass(frozen=True, slots=True)
class Hint:
    """Who is likely to know more, and what to ask or to look at."""

    actor: Actor
    text: str


@dataclass(frozen=True, slots=True)
class _Words:
    """How an attribute is named among others, and after ``devices``: its lead, and what follows.

    Of attributes that follow each other with the same lead, the first has it for all.
    """

    name: str
    lead: str
    text: str


_BEHIND = "behind Communications Hubs"
_UPDATED = "updated"

_WORDS: Mapping[Attribute, _Words] = {
    Attribute.DEVICE_TYPE: _Words("the device type {}", "of", "type {}"),
    Attribute.MANUFACTURER: _Words("the manufacturer {}", "of", "manufacturer {}"),
    Attribute.MODEL: _Words("the model {}", "of", "model {}"),
    Attribute.CSP_REGION: _Words("the CSP region {}", "in", "CSP region {}"),
    Attribute.FROM_VERSION: _Words(
        "the version {} that the devices ran before", _UPDATED, "from version {}"
    ),
    Attribute.FIRMWARE_VERSION: _Words("the new version {}", _UPDATED, "to version {}"),
    Attribute.IMAGE_HASH: _Words("the image {}", _UPDATED, "with image {}"),
    Attribute.COMMS_HUB_MANUFACTURER: _Words(
        "the Communications Hubs’ manufacturer {}", _BEHIND, "of manufacturer {}"
    ),
    Attribute.COMMS_HUB_MODEL: _Words("the Communications Hubs’ model {}", _BEHIND, "of model {}"),
    Attribute.COMMS_HUB_FIRMWARE_VERSION: _Words(
        "the Communications Hubs’ firmware {}", _BEHIND, "with firmware {}"
    ),
    Attribute.SERVICE_REQUEST_ID: _Words("the Service Request {}", "in", "Service Request {}"),
}
"""In the order of a phrase."""

TOGETHER = "It takes both together, as far as these figures tell."

_OF_HUBS = Hint(
    Actor.CSP,
    "The Communications Hubs are of one kind, and Communications Service Providers update them "
    "themselves.",
)

HINTS: Mapping[Attribute, Hint] = {
    Attribute.DEVICE_TYPE: Hint(
        Actor.SUPPLIER,
        "The devices are of one type: make sure that the image and the kind of request are for it.",
    ),
    Attribute.MANUFACTURER: Hint(
        Actor.MANUFACTURER,
        "The devices come from one manufacturer, who is likely to know more.",
    ),
    Attribute.MODEL: Hint(
        Actor.MANUFACTURER,
        "The devices are of one model, so its manufacturer is likely to know more.",
    ),
    Attribute.CSP_REGION: Hint(
        Actor.CSP,
        "The devices are in one region, so its Communications Service Provider is likely to know "
        "more.",
    ),
    Attribute.FIRMWARE_VERSION: Hint(
        Actor.SUPPLIER,
        "The updates are to one version: make sure that it is meant for these devices.",
    ),
    Attribute.FROM_VERSION: Hint(
        Actor.MANUFACTURER,
        "The devices ran one version before: some models must pass versions in a given order, "
        "which their manufacturer knows.",
    ),
    Attribute.COMMS_HUB_MANUFACTURER: _OF_HUBS,
    Attribute.COMMS_HUB_MODEL: _OF_HUBS,
    Attribute.COMMS_HUB_FIRMWARE_VERSION: _OF_HUBS,
    Attribute.IMAGE_HASH: Hint(
        Actor.SUPPLIER,
        "The updates are with one image: make sure that it is the right one, and whole.",
    ),
    Attribute.SERVICE_REQUEST_ID: Hint(
        Actor.SUPPLIER,
        "The updates are of one Service Request: look at its image, and at how its devices were "
        "chosen.",
    ),
}
"""What it suggests that updates have this in common, and who is likely to know more."""


def updates_having(traits: Iterable[Trait]) -> str:
    """Return what updates with these traits are of: ``devices of model Q4 in CSP region North``."""
    values = dict(traits)
    phrase, lead = "devices", ""
    for attribute, words in _WORDS.items():
        if attribute not in values:
            continue
        if words.lead != lead:
            phrase += f" {words.lead} "
        else:
            phrase += " " if lead == _UPDATED else " and "
        phrase += words.text.format(value_text(attribute, values[attribute]))
        lead = words.lead
    return phrase


def named(trait: Trait) -> str:
    """Return a trait by its name with the article: ``the model Q4``."""
    return _WORDS[trait.attribute].name.format(value_text(trait.attribute, trait.value))
