"""Which of the traits that the very same updates have in common is named."""

from itertools import combinations

import numpy as np

from firmtrack.causes.units import Traits, Units
from firmtrack.domain.causes import Attribute

PREFERENCE = (
    Attribute.CSP_REGION,
    Attribute.MODEL,
    Attribute.MANUFACTURER,
    Attribute.DEVICE_TYPE,
    Attribute.COMMS_HUB_FIRMWARE_VERSION,
    Attribute.COMMS_HUB_MODEL,
    Attribute.COMMS_HUB_MANUFACTURER,
    Attribute.FROM_VERSION,
    Attribute.FIRMWARE_VERSION,
    Attribute.IMAGE_HASH,
    Attribute.SERVICE_REQUEST_ID,
)
"""From what people can act upon, to what is but a name of the same: first is named."""

_RANK = {attribute: rank for rank, attribute in enumerate(PREFERENCE)}


def rank_of(traits: Traits) -> tuple[int, ...]:
    """Return what traits are sorted by: one before two, then as preferred."""
    return (len(traits), *sorted(_RANK[attribute] for attribute, _ in traits))


def same_updates(units: Units, traits: Traits) -> list[Traits]:
    """Return the sets of one or two traits that exactly the same updates have, preferred first."""
    members = units.having(traits)
    if not len(members):
        return [traits]
    shared = []
    for attribute in Attribute:
        codes = units.codes[attribute][members]
        if codes[0] and (codes == codes[0]).all():
            shared.append((attribute, int(codes[0])))
    found: list[Traits] = [(t,) for t in shared if units.sizes[t[0]][t[1]] == len(members)]
    single = {trait for (trait,) in found}
    for one, other in combinations(shared, 2):
        if single & {one, other}:
            continue
        smaller = min(one, other, key=lambda trait: int(units.sizes[trait[0]][trait[1]]))
        larger = other if smaller is one else one
        inside = np.flatnonzero(units.codes[smaller[0]] == smaller[1])
        if (units.codes[larger[0]][inside] == larger[1]).sum() == len(members):
            found.append((one, other))
    return sorted(found, key=rank_of)
