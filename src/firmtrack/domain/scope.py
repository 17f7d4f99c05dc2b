"""Which devices are tracked: SMETS2 or later ESME, GSME, PPMID and HCALCS."""

import re
from enum import StrEnum

_COMMS_HUB_TYPES = frozenset({"CHF", "GPF"})
_TYPE_2_TYPES = frozenset({"IHD", "CAD"})
_SMETS1_VERSION = re.compile(r"(?:SMETS)?[- V]*1(?![0-9])", re.ASCII | re.IGNORECASE)


class NotTrackedReason(StrEnum):
    """Why the distribution of firmware to a device is not tracked."""

    COMMS_HUB = "comms_hub"
    TYPE_2 = "type_2"
    SMETS1 = "smets1"


def not_tracked_reason(
    device_type: str | None, smets_version: str | None, csp_region: str | None
) -> NotTrackedReason | None:
    """Return why a device with these inventory facts is not tracked, None if it is.

    A fact that is not known excludes nothing. A SMETS1 device is known by its region or by a
    version that begins with SMETS1 or with the number 1.
    """
    if device_type in _COMMS_HUB_TYPES:
        return NotTrackedReason.COMMS_HUB
    if device_type in _TYPE_2_TYPES:
        return NotTrackedReason.TYPE_2
    if csp_region == "SMETS1" or _SMETS1_VERSION.match(smets_version or ""):
        return NotTrackedReason.SMETS1
    return None
